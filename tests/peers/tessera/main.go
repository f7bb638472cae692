// An HTTP server over Tessera's POSIX log, for the comparison of `make bench-peers`. An answer
// promises what the Sequencer's does: the entry is in the tree, and a checkpoint that covers it is
// published, all on disk.

//go:debug default=go1.27
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

const (
	entryMaxBytes = 1 << 20
	// The least that the POSIX driver takes: what an answer waits for at most, beside the disk.
	checkpointInterval = 100 * time.Millisecond
	// How often a waiting answer looks for the next checkpoint.
	checkpointPoll = 5 * time.Millisecond
)

func main() {
	folder := flag.String("folder", "", "where the log lies; made if it is not there")
	listen := flag.String("listen", "", "address and port of the HTTP server")
	batch := flag.Uint("batch-entries", 4096, "most entries of one integration")
	age := flag.Duration("batch-age", 5*time.Millisecond, "longest wait for an integration to fill")
	flag.Parse()
	if err := serve(*folder, *listen, *batch, *age); err != nil {
		log.Fatal(err)
	}
}

func serve(folder, listen string, batch uint, age time.Duration) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	signer, err := newSigner()
	if err != nil {
		return err
	}
	driver, err := posix.New(ctx, posix.Config{Path: folder})
	if err != nil {
		return fmt.Errorf("storage: %w", err)
	}
	appender, _, reader, err := tessera.NewAppender(ctx, driver, tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCheckpointInterval(checkpointInterval).
		WithBatching(batch, age))
	if err != nil {
		return fmt.Errorf("appender: %w", err)
	}
	awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, checkpointPoll)

	mux := http.NewServeMux()
	mux.HandleFunc("POST /add", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, entryMaxBytes))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		index, _, err := awaiter.Await(r.Context(), appender.Add(r.Context(), tessera.NewEntry(body)))
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(w, "%d", index.Index)
	})
	mux.HandleFunc("GET /size", func(w http.ResponseWriter, r *http.Request) {
		size, err := reader.IntegratedSize(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(w, "%d", size)
	})
	server := &http.Server{Addr: listen, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	// Close, and not Shutdown: who still waits for an answer is told so by the broken connection.
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func newSigner() (note.Signer, error) {
	key, _, err := note.GenerateKey(rand.Reader, "bench.example/log")
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	return note.NewSigner(key)
}
