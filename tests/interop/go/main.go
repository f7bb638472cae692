// Command sumdb-check verifies a log with golang.org/x/mod's sumdb/note and sumdb/tlog, which
// know nothing of it: the signed note, every record's inclusion, and that older checkpoints
// are prefixes of the newest.
//
//	sumdb-check -url PREFIX -vkey KEY [-older FILE,KEY]...
//
// PREFIX is where `checkpoint` and `tile/` are; KEY is a verifier key as package note writes it,
// of the epoch that signed. A good log gives one line of JSON. The exit code is 0 if all holds,
// 1 with one line if anything is refused or cannot be read; a refusal begins with its step.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// A report is what was proved. Keys are `name+hash`, as in a verifier key.
type report struct {
	Size       int64    `json:"size"`
	Verified   []string `json:"verified"`
	Unverified []string `json:"unverified"`
	Older      []int64  `json:"older"`
}

// An olderCheckpoint is a file with a signed note, and the key of the epoch that signed it.
type olderCheckpoint struct{ file, vkey string }

func main() {
	url := flag.String("url", "", "`prefix` of the log's checkpoint and tiles")
	vkey := flag.String("vkey", "", "verifier `key` of the newest checkpoint")
	var older []olderCheckpoint
	flag.Func("older", "`file,key` of a checkpoint that the newest must extend", func(s string) error {
		file, key, found := strings.Cut(s, ",")
		if !found {
			return errors.New("is not file,key")
		}
		older = append(older, olderCheckpoint{file, key})
		return nil
	})
	flag.Parse()
	found, err := check(newRemoteLog(*url), *vkey, older)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(found)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(log *remoteLog, vkey string, older []olderCheckpoint) (report, error) {
	signed, err := log.get("checkpoint")
	if err != nil {
		return report{}, err
	}
	newest, err := openCheckpoint(signed, vkey)
	if err != nil {
		return report{}, err
	}
	if err := proveRecords(log, newest.tree); err != nil {
		return report{}, err
	}
	found := report{
		Size:       newest.tree.N,
		Verified:   keyNames(newest.verified),
		Unverified: keyNames(newest.unverified),
	}
	for _, one := range older {
		signed, err := os.ReadFile(one.file)
		if err != nil {
			return report{}, err
		}
		opened, err := openCheckpoint(signed, one.vkey)
		if err != nil {
			return report{}, err
		}
		if err := proveExtends(log, newest.tree, opened.tree); err != nil {
			return report{}, err
		}
		found.Older = append(found.Older, opened.tree.N)
	}
	return found, nil
}

func keyNames(signatures []note.Signature) []string {
	names := []string{}
	for _, signature := range signatures {
		names = append(names, fmt.Sprintf("%s+%08x", signature.Name, signature.Hash))
	}
	return names
}
