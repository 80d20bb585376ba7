package verify

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText bounds issuer-chosen names (product codes, references, key names), in bytes.
const maxText = 128

// parseObject returns the members of a JSON object by their exact names. It refuses what readers are known to
// understand differently: a member given twice, at any depth, text that is not UTF-8, and anything after the object.
func parseObject(data []byte) (map[string]json.RawMessage, bool) {
	if !utf8.Valid(data) || !json.Valid(data) {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if !uniqueMembers(dec) {
		return nil, false
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(data, &members) != nil || members == nil { // nil: the document is null
		return nil, false
	}
	return members, true
}

// uniqueMembers reads one value of valid JSON and reports whether no object in it names a member twice.
func uniqueMembers(dec *json.Decoder) bool {
	token, err := dec.Token()
	if err != nil {
		return false
	}
	open, nested := token.(json.Delim)
	if !nested {
		return true
	}
	seen := map[string]bool{}
	for dec.More() {
		if open == '{' {
			name, err := dec.Token()
			text, ok := name.(string)
			if err != nil || !ok || seen[text] {
				return false
			}
			seen[text] = true
		}
		if !uniqueMembers(dec) {
			return false
		}
	}
	_, err = dec.Token()
	return err == nil
}

// stringValue reads a JSON string; an absent member and null are none.
func stringValue(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	return s, true
}

// validText reports whether s may be a name: some UTF-8 without control characters, not too long.
func validText(s string) bool {
	return s != "" && len(s) <= maxText && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// decodeBase64 reads unpadded base64url (RFC 7515, section 2) in its one canonical form.
func decodeBase64(s string) ([]byte, bool) {
	if strings.ContainsAny(s, "\r\n") { // the decoder skips line ends even when strict
		return nil, false
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return data, err == nil
}
