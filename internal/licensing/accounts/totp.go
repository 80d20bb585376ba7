package accounts

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// The parameters that every authenticator app knows (RFC 6238 with the defaults of RFC 4226).
const (
	totpStep   = 30 * time.Second
	totpDigits = 6
	totpSkew   = 1  // steps that a clock may be off, either way
	totpSecret = 20 // bytes
)

var totpText = base32.StdEncoding.WithPadding(base32.NoPadding)

func newTOTPSecret() []byte {
	secret := make([]byte, totpSecret)
	rand.Read(secret)
	return secret
}

// totpCode returns the code of a step of time.
func totpCode(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	binary.Write(mac, binary.BigEndian, step)
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%0*d", totpDigits, (binary.BigEndian.Uint32(sum[offset:])&0x7fffffff)%1_000_000)
}

// totpMatch returns the step whose code this is, around an instant; ok is false when it is of none. All are looked at, whichever fits.
func totpMatch(secret []byte, now time.Time, code string) (step int64, ok bool) {
	current := now.Unix() / int64(totpStep/time.Second)
	for s := current - totpSkew; s <= current+totpSkew; s++ {
		if subtle.ConstantTimeCompare([]byte(totpCode(secret, s)), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

// totpURI returns what an app takes over: otpauth://totp/ISSUER:ACCOUNT?secret=….
func totpURI(secret []byte, issuer, account string) string {
	issuer = strings.ReplaceAll(issuer, ":", " ")
	query := url.Values{"secret": {totpText.EncodeToString(secret)}, "issuer": {issuer}}
	return "otpauth://totp/" + url.PathEscape(issuer) + ":" + url.PathEscape(account) + "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
}

// recoveryCodes is how many codes somebody gets for the day on which the app is lost.
const recoveryCodes = 10

// newRecoveryCode returns a code of 80 random bits: "abcd-efgh-jkmn-pqrs".
func newRecoveryCode() string {
	var bits [10]byte
	rand.Read(bits[:])
	t := secretText.EncodeToString(bits[:])
	return t[:4] + "-" + t[4:8] + "-" + t[8:12] + "-" + t[12:]
}

// typedRecoveryCode forgives what people do to a code that they type.
func typedRecoveryCode(s string) string {
	return strings.NewReplacer("-", "", " ", "", "o", "0", "i", "1", "l", "1").Replace(strings.ToLower(strings.TrimSpace(s)))
}

// recoveryHash is what the database knows of a recovery code.
func recoveryHash(code string) []byte { return digest(typedRecoveryCode(code)) }

// typedTOTPCode returns the digits of a code; ok is false for what cannot be one.
func typedTOTPCode(s string) (code string, ok bool) {
	code = strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(s))
	return code, len(code) == totpDigits && strings.Trim(code, "0123456789") == ""
}
