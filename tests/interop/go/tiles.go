package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	// entriesLevel is the level that sumdb gives to tiles of records.
	entriesLevel = -1
	// A full bundle of the largest records is the longest answer: 256 times u16 length, record.
	answerMax      = (1 << tileHeight) * (2 + 65535)
	requestTimeout = 30 * time.Second
)

// A remoteLog reads the C2SP tlog-tiles of a log by HTTP. It is a tlog.TileReader.
type remoteLog struct {
	prefix string
	client http.Client
	saved  map[tlog.Tile][]byte
}

func newRemoteLog(prefix string) *remoteLog {
	return &remoteLog{
		prefix: strings.TrimSuffix(prefix, "/"),
		client: http.Client{Timeout: requestTimeout},
		saved:  make(map[tlog.Tile][]byte),
	}
}

func (l *remoteLog) get(path string) ([]byte, error) {
	answer, err := l.client.Get(l.prefix + "/" + path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, answerMax+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(body) > answerMax {
		return nil, fmt.Errorf("%s: longer than %d bytes", path, answerMax)
	}
	return body, nil
}

// Height is part of tlog.TileReader.
func (l *remoteLog) Height() int { return tileHeight }

// ReadTiles is part of tlog.TileReader; the caller verifies what it returns.
func (l *remoteLog) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		if known, ok := l.saved[tile]; ok {
			data[i] = known
			continue
		}
		read, err := l.get(tilePath(tile))
		if err != nil {
			return nil, err
		}
		data[i] = read
	}
	return data, nil
}

// SaveTiles is part of tlog.TileReader: it keeps what the caller took for good.
func (l *remoteLog) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	for i, tile := range tiles {
		l.saved[tile] = data[i]
	}
}

// tilePath is where C2SP tlog-tiles puts a tile: the path of sumdb without the height, which
// is always 8, and with another name for the records.
func tilePath(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	if tile.L == entriesLevel {
		path = strings.Replace(path, "data/", "entries/", 1)
	}
	return "tile/" + path
}
