package feed

import (
	"bytes"
	"unicode/utf8"
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// cursor turns rising offsets into lines and columns, reading the text once.
type cursor struct {
	text         []byte
	offset       int
	line, column int // of offset
}

func newCursor(text []byte) cursor { return cursor{text: text, line: 1, column: 1} }

// to moves to offset, which is not before the last one.
func (c *cursor) to(offset int) (line, column int) {
	for c.offset < offset && c.offset < len(c.text) {
		if c.text[c.offset] == '\n' {
			c.line, c.column = c.line+1, 1
			c.offset++
			continue
		}
		_, size := utf8.DecodeRune(c.text[c.offset:])
		c.column++
		c.offset += size
	}
	return c.line, c.column
}

// invalidUTF8 returns the offset of the first byte that is not UTF-8, or -1.
func invalidUTF8(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// placeOf returns line and column of one offset.
func placeOf(text []byte, offset int) Place {
	c := newCursor(text)
	line, column := c.to(offset)
	return Place{Line: line, Column: column}
}

func trimMark(text []byte) []byte { return bytes.TrimPrefix(text, byteOrderMark) }
