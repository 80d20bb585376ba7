package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"

	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// An envelope is: version (1 byte), id of the key (26), nonce (12), ciphertext and tag (16). The associated data are
// version, key id and place, so that no part can be exchanged.
const (
	envelopeVersion = 1
	keySize         = 32
	idSize          = 26
	nonceSize       = 12
	headSize        = 1 + idSize
)

// ErrDamaged says that a sealed value was altered, or moved from the place it was sealed for.
var ErrDamaged = errs.New(errs.Conflict, "seal.damaged")

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func encrypt(aead cipher.AEAD, id ids.ID, place string, plaintext []byte) []byte {
	out := make([]byte, headSize+nonceSize, headSize+nonceSize+len(plaintext)+aead.Overhead())
	out[0] = envelopeVersion
	copy(out[1:], id)
	nonce := out[headSize:]
	rand.Read(nonce)
	return aead.Seal(out, nonce, plaintext, associated(out[:headSize], place))
}

// envelopeKey returns the id of the key that opens an envelope.
func envelopeKey(sealed []byte) (ids.ID, bool) {
	if len(sealed) < headSize+nonceSize || sealed[0] != envelopeVersion || !ids.Valid(string(sealed[1:headSize])) {
		return "", false
	}
	return ids.ID(sealed[1:headSize]), true
}

func decrypt(aead cipher.AEAD, place string, sealed []byte) ([]byte, error) {
	if len(sealed) < headSize+nonceSize {
		return nil, ErrDamaged
	}
	nonce, text := sealed[headSize:headSize+nonceSize], sealed[headSize+nonceSize:]
	plaintext, err := aead.Open(nil, nonce, text, associated(sealed[:headSize], place))
	if err != nil {
		return nil, ErrDamaged
	}
	return plaintext, nil
}

func associated(head []byte, place string) []byte {
	return append(append(make([]byte, 0, len(head)+len(place)), head...), place...)
}
