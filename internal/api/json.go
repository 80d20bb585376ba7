package api

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/danielgtaylor/huma/v2"
)

var (
	errNUL   = errors.New("NUL in a text")
	errTwice = errors.New("a member is there twice")
)

// jsonFormat is huma's, but takes no text that holds the character NUL, which PostgreSQL could not store, and no object with a member
// twice: what is checked must be what is read, and readers differ in which of the two they take (RFC 8259, section 4).
func jsonFormat() huma.Format {
	f := huma.DefaultJSONFormat
	f.Unmarshal = func(text []byte, v any) error {
		if bytes.Contains(text, []byte(`\u0000`)) {
			return errNUL
		}
		if err := json.Unmarshal(text, v); err != nil { // first, for it knows how deep is too deep
			return err
		}
		return eachOnce(json.NewDecoder(bytes.NewReader(text)))
	}
	return f
}

// eachOnce reads one value, which is known to be JSON, and fails when an object in it has a member twice.
func eachOnce(d *json.Decoder) error {
	opening, err := d.Token()
	if err != nil || opening != json.Delim('{') && opening != json.Delim('[') {
		return err
	}
	seen := map[json.Token]bool{}
	for d.More() {
		if opening == json.Delim('{') {
			name, err := d.Token()
			if err != nil {
				return err
			}
			if seen[name] {
				return errTwice
			}
			seen[name] = true
		}
		if err := eachOnce(d); err != nil {
			return err
		}
	}
	_, err = d.Token() // the closing one
	return err
}
