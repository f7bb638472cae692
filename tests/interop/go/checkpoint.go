package main

import (
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// sumdbFirstLine is what tlog.ParseTree wants where a C2SP checkpoint has its origin.
const sumdbFirstLine = "go.sum database tree\n"

// A checkpoint is what a note said once note.Open had verified it under one key.
type checkpoint struct {
	tree       tlog.Tree
	verified   []note.Signature
	unverified []note.Signature
}

// openCheckpoint verifies a signed note under vkey, whose name is the log's origin, and reads
// the tree of which it speaks. Signatures by keys that vkey does not name are left as they are.
func openCheckpoint(signed []byte, vkey string) (checkpoint, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return checkpoint{}, fmt.Errorf("vkey: %w", err)
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return checkpoint{}, fmt.Errorf("note: %w", err)
	}
	tree, err := parseTree(opened.Text, verifier.Name())
	if err != nil {
		return checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	return checkpoint{tree, opened.Sigs, opened.UnverifiedSigs}, nil
}

// parseTree reads the three lines of docs/PROTOCOL.md section 7. The last two are those of a
// sumdb tree note, so the stock parser reads them under its own first line.
func parseTree(text, origin string) (tlog.Tree, error) {
	lines := strings.TrimPrefix(text, origin+"\n")
	if lines == text {
		return tlog.Tree{}, fmt.Errorf("the first line is not the origin %q", origin)
	}
	if strings.Count(lines, "\n") != 2 {
		return tlog.Tree{}, fmt.Errorf("there are not three lines")
	}
	return tlog.ParseTree([]byte(sumdbFirstLine + lines))
}
