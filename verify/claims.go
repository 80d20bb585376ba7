package verify

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	issuerPrefix = "urn:chiave:"

	// maxSeconds is the last second of the year 9999, beyond which times cannot be written everywhere.
	maxSeconds = 253402300799
)

// Claims are what an activation token says.
type Claims struct {
	Issuer         string    // iss: the center, urn:chiave:<uuid> in lower case
	InstallationID string    // sub: 32 lower-case hexadecimal digits
	Products       []string  // products: the codes of the products that are activated, at least one
	KeyReference   string    // key: the center's opaque id of the product key, which says nothing of the key itself
	ActivationID   string    // jti: the center's id of the activation
	IssuedAt       time.Time // iat: whole seconds, UTC
	Expires        time.Time // exp: whole seconds, UTC; zero when the token has no end
}

// wireClaims is the payload of a token, in the order it is written in.
type wireClaims struct {
	Issuer         string   `json:"iss"`
	InstallationID string   `json:"sub"`
	ActivationID   string   `json:"jti"`
	KeyReference   string   `json:"key"`
	Products       []string `json:"products"`
	IssuedAt       int64    `json:"iat"`
	Expires        int64    `json:"exp,omitempty"`
}

// MarshalJSON writes the claims as a token's payload has them. Error: ErrFormat for claims that no token may carry.
func (c Claims) MarshalJSON() ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	w := wireClaims{
		Issuer: c.Issuer, InstallationID: c.InstallationID, ActivationID: c.ActivationID,
		KeyReference: c.KeyReference, Products: c.Products, IssuedAt: c.IssuedAt.Unix(),
	}
	if !c.Expires.IsZero() {
		w.Expires = c.Expires.Unix()
	}
	return json.Marshal(w)
}

// SigningInput returns what a center signs to make a token of c: the encoded header, a dot and the encoded payload (RFC
// 7515, section 5.1). A dot and the encoded signature complete the token. Products do not need it.
// Error: ErrFormat for a key name or claims that no token may carry, or too many of them.
func SigningInput(keyID string, c Claims) ([]byte, error) {
	if !validText(keyID) {
		return nil, fmt.Errorf("%w: the name of the signing key", ErrFormat)
	}
	header, err := json.Marshal(struct {
		Algorithm string `json:"alg"`
		KeyID     string `json:"kid"`
		Type      string `json:"typ"`
	}{algorithm, keyID, Type})
	if err != nil {
		return nil, fmt.Errorf("writing a token's header: %w", err)
	}
	payload, err := c.MarshalJSON()
	if err != nil {
		return nil, err
	}
	b64 := base64.RawURLEncoding
	size := b64.EncodedLen(len(header)) + 1 + b64.EncodedLen(len(payload))
	if size+1+b64.EncodedLen(ed25519.SignatureSize) > MaxToken {
		return nil, fmt.Errorf("%w: the token would be too long", ErrFormat)
	}
	input := b64.AppendEncode(make([]byte, 0, size), header)
	return b64.AppendEncode(append(input, '.'), payload), nil
}

// parseClaims reads a signed payload. Members that are not known are passed over, so that a center may add some.
func parseClaims(payload []byte) (Claims, error) {
	members, ok := parseObject(payload)
	if !ok {
		return Claims{}, fmt.Errorf("%w: the claims are not a JSON object", ErrFormat)
	}
	var c Claims
	for name, field := range map[string]*string{
		"iss": &c.Issuer, "sub": &c.InstallationID, "jti": &c.ActivationID, "key": &c.KeyReference,
	} {
		if *field, ok = stringValue(members[name]); !ok {
			return Claims{}, fmt.Errorf("%w: claim %s", ErrFormat, name)
		}
	}
	var products []json.RawMessage
	if json.Unmarshal(members["products"], &products) != nil {
		return Claims{}, fmt.Errorf("%w: claim products", ErrFormat)
	}
	for _, raw := range products {
		code, ok := stringValue(raw)
		if !ok {
			return Claims{}, fmt.Errorf("%w: claim products", ErrFormat)
		}
		c.Products = append(c.Products, code)
	}
	if c.IssuedAt, ok = secondsValue(members["iat"]); !ok {
		return Claims{}, fmt.Errorf("%w: claim iat", ErrFormat)
	}
	if exp, present := members["exp"]; present {
		if c.Expires, ok = secondsValue(exp); !ok {
			return Claims{}, fmt.Errorf("%w: claim exp", ErrFormat)
		}
	}
	if err := c.check(); err != nil {
		return Claims{}, err
	}
	return c, nil
}

// secondsValue reads whole seconds since 1970 as a plain decimal number.
func secondsValue(raw json.RawMessage) (time.Time, bool) {
	seconds, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || seconds < 0 || seconds > maxSeconds {
		return time.Time{}, false
	}
	return time.Unix(seconds, 0).UTC(), true
}

// check says which claim no token may carry.
func (c Claims) check() error {
	bad := ""
	switch {
	case !validIssuer(c.Issuer):
		bad = "iss"
	case !ValidInstallationID(c.InstallationID):
		bad = "sub"
	case !validText(c.ActivationID):
		bad = "jti"
	case !validText(c.KeyReference):
		bad = "key"
	case !validProducts(c.Products):
		bad = "products"
	case c.IssuedAt.Unix() < 0 || c.IssuedAt.Unix() > maxSeconds:
		bad = "iat"
	case !c.Expires.IsZero() && (c.Expires.Unix() <= c.IssuedAt.Unix() || c.Expires.Unix() > maxSeconds):
		bad = "exp"
	default:
		return nil
	}
	return fmt.Errorf("%w: claim %s", ErrFormat, bad)
}

// validProducts wants at least one code and none twice.
func validProducts(codes []string) bool {
	sorted := slices.Sorted(slices.Values(codes))
	return len(codes) > 0 && len(slices.Compact(sorted)) == len(codes) &&
		!slices.ContainsFunc(codes, func(code string) bool { return !validText(code) })
}

// validIssuer wants urn:chiave: and a UUID in lower case (RFC 9562, section 4).
func validIssuer(s string) bool {
	uuid, ok := strings.CutPrefix(s, issuerPrefix)
	if !ok || len(uuid) != 36 {
		return false
	}
	for i := range len(uuid) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (uuid[i] == '-') || !dash && !lowerHex(uuid[i]) {
			return false
		}
	}
	return true
}

func lowerHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' }
