package audit

import (
	"errors"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// tree is a Merkle tree that grows to the right. It holds what growing needs: its right edge.
type tree struct {
	size  int64
	parts []part  // the perfect subtrees the tree consists of, left to right, each lower than the one before
	edge  []tile  // by level: the tile being filled
	full  []*tile // the tiles filled since takeFull was called
}

// part is a perfect subtree over 1<<height records.
type part struct {
	height int
	hash   tlog.Hash
}

// tile is up to 256 neighbouring hashes of the nodes at height 8 × level.
type tile struct {
	level  int
	n      int64
	hashes []byte
}

// push appends the record whose leaf hash is given.
func (t *tree) push(leaf tlog.Hash) {
	t.keep(0, leaf)
	t.size++
	t.merge(part{0, leaf}, t.keep)
}

// merge adds a part at the right, joins equal neighbours, and hands each joined node that stands in a tile to keep.
func (t *tree) merge(p part, keep func(level int, hash tlog.Hash)) {
	for last := len(t.parts) - 1; last >= 0 && t.parts[last].height == p.height; last-- {
		p = part{p.height + 1, tlog.NodeHash(t.parts[last].hash, p.hash)}
		t.parts = t.parts[:last]
		if keep != nil && p.height%tileHeight == 0 {
			keep(p.height/tileHeight, p.hash)
		}
	}
	t.parts = append(t.parts, p)
}

func (t *tree) keep(level int, hash tlog.Hash) {
	if level == len(t.edge) {
		t.edge = append(t.edge, tile{level: level})
	}
	e := &t.edge[level]
	e.hashes = append(e.hashes, hash[:]...)
	if len(e.hashes) == tileWidth*tlog.HashSize {
		t.full = append(t.full, &tile{e.level, e.n, e.hashes})
		*e = tile{level: level, n: e.n + 1}
	}
}

// takeFull returns the tiles filled since the last call.
func (t *tree) takeFull() []*tile {
	full := t.full
	t.full = nil
	return full
}

// partial returns the tiles that are begun and not full.
func (t *tree) partial() []*tile {
	var begun []*tile
	for i := range t.edge {
		if len(t.edge[i].hashes) > 0 {
			begun = append(begun, &t.edge[i])
		}
	}
	return begun
}

// root returns the hash of the whole tree, which is not empty.
func (t *tree) root() tlog.Hash {
	last := len(t.parts) - 1
	hash := t.parts[last].hash
	for i := last - 1; i >= 0; i-- {
		hash = tlog.NodeHash(t.parts[i].hash, hash)
	}
	return hash
}

// errTile says that a tile does not hold as many hashes as the tree's size asks for.
var errTile = errors.New("a tile of the audit log has the wrong length")

// restore returns the tree of the given size from the tiles at its right edge. Errors: errTile and those of read.
func restore(size int64, read func(level int, n int64) ([]byte, error)) (*tree, error) {
	t := &tree{size: size}
	for level := 0; size>>(level*tileHeight) > 0; level++ {
		t.edge = append(t.edge, tile{level: level, n: size >> ((level + 1) * tileHeight)})
	}
	for level := len(t.edge) - 1; level >= 0; level-- {
		width := int(size>>(level*tileHeight)) & (tileWidth - 1)
		if width == 0 {
			continue
		}
		e := &t.edge[level]
		var err error
		if e.hashes, err = read(level, e.n); err != nil {
			return nil, err
		}
		if len(e.hashes) != width*tlog.HashSize {
			return nil, errTile
		}
		for i := range width {
			t.merge(part{level * tileHeight, hashAt(e.hashes, i)}, nil)
		}
	}
	return t, nil
}

func hashAt(hashes []byte, i int) tlog.Hash {
	return tlog.Hash(hashes[i*tlog.HashSize : (i+1)*tlog.HashSize])
}
