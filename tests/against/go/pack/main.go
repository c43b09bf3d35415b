// Command pack verifies a Parley evidence pack as docs/pack.md describes it. Nothing in it is Parley's:
// it is Go's library and golang.org/x/mod/sumdb. Usage: pack PACK.zip KEYS, a file with the vkeys that
// you have from their owners. It says "intact", "undecided: why" or "log N entry I: why"; exit 0, 2, 1.
package main

import (
	"archive/zip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
	"parley.example/against/c2sp"
)

type manifest struct {
	Format, Release string
	Window          *struct{ From_us, To_us int64 }
	Keys            []string
	Logs            []*history
	Refused         int
	Statements      []struct{ Cites [][2]int }
}

// history is a log: what the manifest says of it, then what was verified.
type history struct {
	Origin             string
	Keys               []signer
	Heads, Proofs      []int64
	Consistency        [][2]int64
	Ranges             []struct{ Start, End, Head int64 }
	Openings, Receipts int

	n       int
	policy  *c2sp.Policy
	heads   []*c2sp.Head
	entries map[int64][]byte
	whole   int64       // how many entries are here from 0 on without a gap
	stored  []tlog.Hash // their hashes, in the order of tlog
}

type signer struct { // of the heads of this size and more
	From int64
	Vkey string
	key  *c2sp.Key
}

type points map[string]map[[32]byte]bool // public keys by the name they stand for

var (
	files     = map[string][]byte{}
	undecided []string
)

func main() {
	defer func() {
		if wrong := recover(); wrong != nil { // something ends before it should
			say(1, "pack: %v", wrong)
		}
	}()
	var m manifest
	readZip(os.Args[1])
	if err := json.Unmarshal(files["MANIFEST.json"], &m); err != nil || m.Format != "parley-pack/2" {
		panic(fmt.Sprint("not a manifest: ", err))
	}
	given, links := readGiven(os.Args[2], m.Keys)
	for n, h := range m.Logs {
		h.n, h.entries = n, map[int64][]byte{}
		h.readKeys(given) // 1
	}
	for _, h := range m.Logs {
		h.check(given.vouchFor(h, m.Logs), -1, "signed by another key than those given of %s", h.party())
		h.readHeads() // 2, 3
		h.quorum()
		for _, r := range h.Ranges { // 4
			h.readRange(r.Start, r.End, r.Head)
		}
		h.compareHeads()
		h.compareWindow(m)
	}
	compareEntries(m.Logs)
	compareRefused(m)
	for _, h := range m.Logs {
		h.open(m.Release) // 5
	}
	for _, s := range m.Statements { // 6
		for _, c := range s.Cites {
			_, shown := m.Logs[c[0]].entries[int64(c[1])]
			m.Logs[c[0]].check(shown, int64(c[1]), "cited, and not here")
		}
	}
	for _, h := range m.Logs {
		h.proofs()
		h.receipts(links) // 7
	}
	if undecided != nil {
		say(2, "undecided: %s", strings.Join(undecided, "; "))
	}
	say(0, "intact")
}

// say prints one line, whatever somebody wrote into a pack, and ends.
func say(code int, form string, values ...any) {
	fmt.Println(strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, fmt.Sprintf(form, values...)))
	os.Exit(code)
}

func (h *history) check(ok bool, entry int64, why string, values ...any) {
	if !ok {
		place := strings.TrimSuffix(fmt.Sprintf("log %d entry %d", h.n, entry), " entry -1")
		say(1, "%s: %s", place, fmt.Sprintf(why, values...))
	}
}

func (h *history) doubt(ok bool, why string, values ...any) {
	text := fmt.Sprintf("log %d: ", h.n) + fmt.Sprintf(why, values...)
	if !ok && !slices.Contains(undecided, text) {
		undecided = append(undecided, text)
	}
}

func (h *history) file(form string, values ...any) []byte {
	return files[fmt.Sprintf("logs/%d/", h.n)+fmt.Sprintf(form, values...)]
}

// take cuts a number of so many bytes off the front of data.
func take(data *[]byte, bytes int) (number uint64) {
	number = binary.BigEndian.Uint64(append(make([]byte, 8-bytes), (*data)[:bytes]...))
	*data = (*data)[bytes:]
	return number
}

func readZip(path string) {
	r, err := zip.OpenReader(path)
	if err != nil {
		panic(err)
	}
	for _, f := range r.File {
		file, err := f.Open()
		if err != nil {
			panic(err)
		}
		data, err := io.ReadAll(file) // which also compares the CRC-32
		if _, twice := files[f.Name]; err != nil || twice {
			panic(fmt.Sprint(f.Name, " damaged or twice: ", err))
		}
		files[f.Name] = data
	}
}
