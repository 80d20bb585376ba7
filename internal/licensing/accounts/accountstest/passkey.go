package accountstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
)

// Authenticator makes passkeys and proves them, as a browser with a device does whose owner has shown a fingerprint.
type Authenticator struct {
	Origin  string // of the page: "https://licenses.example"
	RP      string // "licenses.example"
	Counter uint32 // as it counts; 0 stays 0
	Absent  bool   // the owner was not verified

	id, handle []byte
	key        *ecdsa.PrivateKey
}

var b64 = base64.RawURLEncoding

// flags of the authenticator's data (Web Authentication, section 6.1).
const (
	userPresent  = 0x01
	userVerified = 0x04
	withKey      = 0x40
)

func (a *Authenticator) data(more byte) []byte {
	rp := sha256.Sum256([]byte(a.RP))
	flags := byte(userPresent|userVerified) | more
	if a.Absent {
		flags &^= userVerified
	}
	if a.Counter > 0 {
		a.Counter++
	}
	return binary.BigEndian.AppendUint32(append(rp[:], flags), a.Counter)
}

func (a *Authenticator) client(kind, challenge string) []byte {
	text, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.Origin, "crossOrigin": false})
	if err != nil {
		panic(err)
	}
	return text
}

// options are what is needed of those that the page hands to a browser.
type options struct {
	Challenge string `json:"challenge"`
	User      struct {
		ID string `json:"id"`
	} `json:"user"`
}

func read(text string) (o options) {
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		panic(err)
	}
	return o
}

func (a *Authenticator) answer(response map[string]any) string {
	text, err := json.Marshal(map[string]any{"id": b64.EncodeToString(a.id), "rawId": b64.EncodeToString(a.id), "type": "public-key", "response": response,
		"clientExtensionResults": map[string]any{}, "authenticatorAttachment": "platform"})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// Create makes a passkey (ES256, no attestation) and returns the browser's answer.
func (a *Authenticator) Create(text string) string {
	o := read(text)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	point, err := key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		panic(err)
	}
	a.key, a.id = key, make([]byte, 16)
	rand.Read(a.id)
	if a.handle, err = b64.DecodeString(o.User.ID); err != nil {
		panic(err)
	}
	data := append(a.data(withKey), make([]byte, 16)...) // no model is named
	data = append(binary.BigEndian.AppendUint16(data, uint16(len(a.id))), a.id...)
	data = append(append(data, 0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32), point[1:33]...)
	data = append(append(data, 0x22, 0x58, 32), point[33:]...)
	object := append([]byte{0xa3, 0x63}, "fmt\x64none\x67attStmt\xa0\x68authData\x58"...)
	object = append(append(object, byte(len(data))), data...)
	return a.answer(map[string]any{"clientDataJSON": b64.EncodeToString(a.client("webauthn.create", o.Challenge)), "attestationObject": b64.EncodeToString(object), "transports": []string{"internal"}})
}

// Get proves the passkey and returns the browser's answer.
func (a *Authenticator) Get(text string) string {
	client, data := a.client("webauthn.get", read(text).Challenge), a.data(0)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, sum[:])
	if err != nil {
		panic(err)
	}
	return a.answer(map[string]any{"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data),
		"signature": b64.EncodeToString(signature), "userHandle": b64.EncodeToString(a.handle)})
}
