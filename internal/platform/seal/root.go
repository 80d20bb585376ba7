package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"chiave/internal/platform/errs"
)

const (
	rootHeader = "# Chiave root key. Keep it secret, and apart from backups of the database:\n" +
		"# without it, nothing that is sealed there can be opened; with both, everything can.\n"
	rootLabel = "chiave-root-key-1:"
)

// root is what the root key is used as. Its two values are derived from the key (HKDF, RFC 5869), which is not kept.
type root struct {
	aead        cipher.AEAD
	fingerprint []byte
}

// CreateRootKey makes a root key in a new file that only its owner can read, durably. Errors: Conflict
// "seal.root_key_exists" when the file is there.
func CreateRootKey(file string) error {
	err := createRootKey(file)
	if errors.Is(err, fs.ErrExist) {
		return errs.New(errs.Conflict, "seal.root_key_exists", errs.Params{"file": file})
	}
	return err
}

// createRootKey writes beside the file and links it into place, so that nobody ever reads half a key and nobody's
// key is replaced.
func createRootKey(file string) error {
	key := make([]byte, keySize)
	rand.Read(key)
	dir := filepath.Dir(file)
	f, err := os.CreateTemp(dir, ".root-key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := f.WriteString(rootHeader + rootLabel + base64.StdEncoding.EncodeToString(key) + "\n"); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Link(f.Name(), file); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// readRoot reads the root key. Errors: Unavailable "seal.root_key_missing", "seal.root_key_unreadable"; Conflict
// "seal.root_key_malformed".
func readRoot(file string) (*root, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errs.New(errs.Unavailable, "seal.root_key_missing", errs.Params{"file": file})
	}
	if err != nil {
		return nil, errs.New(errs.Unavailable, "seal.root_key_unreadable", errs.Params{"file": file}).Wrap(err)
	}
	key, ok := parseRoot(string(text))
	if !ok {
		return nil, errs.New(errs.Conflict, "seal.root_key_malformed", errs.Params{"file": file})
	}
	return newRoot(key)
}

// parseRoot finds the one line that holds the key among comments and empty lines.
func parseRoot(text string) ([]byte, bool) {
	var key []byte
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		encoded, labelled := strings.CutPrefix(line, rootLabel)
		decoded, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if !labelled || key != nil || err != nil || len(decoded) != keySize {
			return nil, false
		}
		key = decoded
	}
	return key, key != nil
}

func newRoot(key []byte) (*root, error) {
	wrap, err := hkdf.Key(sha256.New, key, nil, "chiave sealed_keys", keySize)
	if err != nil {
		return nil, fmt.Errorf("deriving from the root key: %w", err)
	}
	fingerprint, err := hkdf.Key(sha256.New, key, nil, "chiave root key fingerprint", 16)
	if err != nil {
		return nil, fmt.Errorf("deriving from the root key: %w", err)
	}
	aead, err := newAEAD(wrap)
	return &root{aead, fingerprint}, err
}
