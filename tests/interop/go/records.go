package main

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

const bundleWidth = 1 << tileHeight

// proveRecords reads every entry bundle of the tree and proves each record at its number, the
// proofs being made from the log's tiles and the record hashes from the bundles.
//
// Nothing rests on what tlog.TileHashReader says it authenticated: before version 0.40 of the
// module (CVE-2026-56865) it passes over some tiles. Every hash that it gives ends in a proof
// that must lead to the signed root.
func proveRecords(log *remoteLog, tree tlog.Tree) error {
	hashes := tlog.TileHashReader(tree, log)
	for first := int64(0); first < tree.N; first += bundleWidth {
		records, err := readBundle(log, tree.N, first)
		if err != nil {
			return fmt.Errorf("bundle: %w", err)
		}
		for i, record := range records {
			if err := proveRecord(hashes, tree, first+int64(i), record); err != nil {
				return err
			}
		}
	}
	return nil
}

func proveRecord(hashes tlog.HashReader, tree tlog.Tree, number int64, record []byte) error {
	proof, err := tlog.ProveRecord(tree.N, number, hashes)
	if err != nil {
		return fmt.Errorf("tile: %w", err)
	}
	leaf := tlog.RecordHash(record)
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, number, leaf); err != nil {
		return fmt.Errorf("record %d: %w", number, err)
	}
	return nil
}

// proveExtends proves that the tree begins with all that the older one holds.
func proveExtends(log *remoteLog, tree, older tlog.Tree) error {
	if older.N > tree.N {
		return fmt.Errorf("consistency: %d records of %d are gone", older.N-tree.N, older.N)
	}
	proof, err := tlog.ProveTree(tree.N, older.N, tlog.TileHashReader(tree, log))
	if err != nil {
		return fmt.Errorf("tile: %w", err)
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash); err != nil {
		return fmt.Errorf("consistency: %w", err)
	}
	return nil
}

func readBundle(log *remoteLog, size, first int64) ([][]byte, error) {
	width := bundleWidth
	if rest := size - first; rest < bundleWidth {
		width = int(rest)
	}
	tile := tlog.Tile{H: tileHeight, L: entriesLevel, N: first / bundleWidth, W: width}
	data, err := log.get(tilePath(tile))
	if err != nil {
		return nil, err
	}
	return splitBundle(data, width)
}

// splitBundle takes a bundle apart: each record behind its length, u16, and nothing after.
func splitBundle(data []byte, width int) ([][]byte, error) {
	records := make([][]byte, 0, width)
	for len(data) > 0 {
		if len(data) < 2 {
			return nil, errors.New("ends within a length")
		}
		length := int(binary.BigEndian.Uint16(data))
		data = data[2:]
		if len(data) < length {
			return nil, errors.New("ends within a record")
		}
		records = append(records, data[:length])
		data = data[length:]
	}
	if len(records) != width {
		return nil, fmt.Errorf("%d records, not %d", len(records), width)
	}
	return records, nil
}
