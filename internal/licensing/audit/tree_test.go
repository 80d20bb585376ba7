package audit

import (
	"bytes"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// TestTreeIsRFC6962 compares root and tiles at many sizes with those that tlog computes, growing in steps that each start
// from what is stored.
func TestTreeIsRFC6962(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var hashes []tlog.Hash // as tlog stores them
		reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
			var out []tlog.Hash
			for _, i := range indexes {
				out = append(out, hashes[i])
			}
			return out, nil
		})
		stored := map[[2]int64][]byte{}
		size := int64(0)
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			tree, err := restore(size, func(level int, n int64) ([]byte, error) { return bytes.Clone(stored[[2]int64{int64(level), n}]), nil })
			if err != nil {
				t.Fatal(err)
			}
			for range rapid.Int64Range(1, 700).Draw(t, "records") {
				record := []byte(fmt.Sprint("record ", size))
				add, err := tlog.StoredHashes(size, record, reader)
				if err != nil {
					t.Fatal(err)
				}
				hashes = append(hashes, add...)
				tree.push(tlog.RecordHash(record))
				size++
			}
			for _, tile := range append(tree.takeFull(), tree.partial()...) {
				stored[[2]int64{int64(tile.level), tile.n}] = tile.hashes
			}
			want, err := tlog.TreeHash(size, reader)
			if err != nil {
				t.Fatal(err)
			}
			if got := tree.root(); got != want || tree.size != size {
				t.Fatalf("root of %d records: got %v, want %v", size, got, want)
			}
		}
		sameTiles(t, stored, size, reader)
	})
}

func sameTiles(t *rapid.T, stored map[[2]int64][]byte, size int64, reader tlog.HashReader) {
	newest := map[[2]int64]tlog.Tile{}
	for _, tile := range tlog.NewTiles(tileHeight, 0, size) {
		at := [2]int64{int64(tile.L), tile.N}
		if tile.W > newest[at].W {
			newest[at] = tile
		}
	}
	for at, tile := range newest {
		want, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(stored[at], want) {
			t.Fatalf("tile %v of %d records differs", at, size)
		}
	}
	if len(stored) != len(newest) {
		t.Fatalf("%d tiles, want %d", len(stored), len(newest))
	}
}

func TestCheckpointsAreSplitAndReadStrictly(t *testing.T) {
	t.Parallel()
	n, err := newNotary("urn:chiave:x/audit", newSigner(0))
	if err != nil {
		t.Fatal(err)
	}
	var file []byte
	var all [][]byte
	for size := range int64(3) {
		signed, err := n.sign(checkpoint{size + 1, tlog.RecordHash([]byte{byte(size)})})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, signed)
		file = append(file, signed...)
	}
	split := splitCheckpoints(file)
	if len(split) != len(all) {
		t.Fatalf("%d checkpoints, want %d", len(split), len(all))
	}
	for i, signed := range split {
		if c, err := n.open(signed); err != nil || c.size != int64(i)+1 || !bytes.Equal(signed, all[i]) {
			t.Errorf("checkpoint %d: %+v, %v", i, c, err)
		}
	}
	for i := range all[0] {
		for bit := range 8 {
			flipped := bytes.Clone(all[0])
			flipped[i] ^= 1 << bit
			if c, err := n.open(flipped); err == nil {
				t.Errorf("byte %d bit %d flipped: read %+v", i, bit, c)
			}
		}
		if _, err := n.open(all[0][:i]); err == nil {
			t.Errorf("cut to %d bytes: read", i)
		}
	}
	signature := all[0][bytes.LastIndexByte(all[0][:len(all[0])-1], '\n')+1:]
	if _, err := n.open(append(bytes.Clone(all[0]), signature...)); err == nil {
		t.Error("with its signature twice: read")
	}
}

func FuzzOpenCheckpoint(f *testing.F) {
	n, err := newNotary("urn:chiave:x/audit", newSigner(0))
	if err != nil {
		f.Fatal(err)
	}
	signed, err := n.sign(checkpoint{1, tlog.RecordHash(nil)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Add([]byte("\n\n— a b\n\n— "))
	f.Fuzz(func(t *testing.T, file []byte) {
		split := splitCheckpoints(file)
		if joined := bytes.Join(split, nil); !bytes.HasPrefix(file, joined) {
			t.Errorf("split into %q", split)
		}
		for _, one := range split {
			if _, err := n.open(one); err == nil && !bytes.Equal(one, signed) {
				t.Errorf("read %q", one)
			}
		}
	})
}
