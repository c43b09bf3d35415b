// Command reader reads a whole log from tiles (C2SP tlog-tiles), a folder or a web address, with Go's
// library and golang.org/x/mod/sumdb alone. Usage: reader PLACE VKEY [INDEX...]. It prints the digest of
// all entries in a row, then the proof of each INDEX as x/mod makes it.
package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
	"parley.example/against/c2sp"
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Printf("not intact: %q\n", err.Error()) // quoted: others wrote parts of it
		os.Exit(1)
	}
	return value
}

// place is a tlog.TileReader.
type place string

func (p place) Height() int                     { return 8 }
func (p place) SaveTiles([]tlog.Tile, [][]byte) {}
func (p place) ReadTiles(tiles []tlog.Tile) (found [][]byte, err error) {
	for _, tile := range tiles {
		found = append(found, p.read(strings.NewReplacer("tile/8/data", "tile/entries", "tile/8/", "tile/").Replace(tile.Path())))
	}
	return found, nil
}

func (p place) read(path string) []byte {
	if !strings.HasPrefix(string(p), "http://") {
		return must(os.ReadFile(string(p) + "/" + path))
	}
	reply := must(http.Get(string(p) + "/" + path))
	defer reply.Body.Close()
	if reply.StatusCode != 200 {
		must(0, fmt.Errorf("%s: %s", path, reply.Status))
	}
	return must(io.ReadAll(reply.Body))
}

func main() {
	p, key := place(os.Args[1]), must(c2sp.ParseKey(os.Args[2]))
	head := must(c2sp.OpenHead(p.read("checkpoint"), func(string, int64) *c2sp.Key { return key }, nil))
	tiles := tlog.TileHashReader(tlog.Tree{N: head.Size, Hash: head.Root}, p)
	all := sha256.New()
	for start := int64(0); start < head.Size; start += 256 {
		width := min(256, head.Size-start)
		bundle := must(p.ReadTiles([]tlog.Tile{{H: 8, L: -1, N: start / 256, W: int(width)}}))[0]
		indexes := make([]int64, width)
		for i := range indexes {
			indexes[i] = tlog.StoredHashIndex(0, start+int64(i))
		}
		for i, leaf := range must(tiles.ReadHashes(indexes)) { // which hashes the tiles up to the root
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				must(0, fmt.Errorf("entry %d: the bundle ends before it", start+int64(i)))
			}
			entry := bundle[2 : 2+int(binary.BigEndian.Uint16(bundle))]
			if bundle = bundle[2+len(entry):]; leaf != tlog.RecordHash(entry) {
				must(0, fmt.Errorf("entry %d is not what its tile says", start+int64(i)))
			}
			all.Write(entry)
		}
		if len(bundle) > 0 {
			must(0, fmt.Errorf("entry %d: more behind it in its bundle", start+width-1))
		}
	}
	fmt.Printf("intact %d %x\n", head.Size, all.Sum(nil))
	for _, text := range os.Args[3:] {
		index := must(strconv.ParseInt(text, 10, 64))
		fmt.Println("index", index)
		for _, hash := range must(tlog.ProveRecord(head.Size, index, tiles)) {
			fmt.Println(hash)
		}
	}
}
