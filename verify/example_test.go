package verify_test

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"chiave/verify"
)

// A product carries the public keys of the center that serves it, saved from /.well-known/jwks.json.
//
//go:embed testdata/example.jwks.json
var centerKeys []byte

// A product keeps the token that activation returned; here it was made for the facts of the examples.
//
//go:embed testdata/example.token
var savedToken string

//go:embed testdata/example.confirmation
var typedConfirmation string

const center = "urn:chiave:018f3c5e-7a90-7c11-9d4e-3b6f2a1c0d58"

func ExampleToken() {
	keys, err := verify.ParseKeys(centerKeys)
	if err != nil {
		fmt.Println(err)
		return
	}
	installation, err := verify.InstallationID("NIB-STD", []byte("8c1d2b34-machine"), []byte("disk-0001"))
	if err != nil {
		fmt.Println(err)
		return
	}
	want := verify.Expect{Issuer: center, InstallationID: installation, Product: "NIB-STD"}
	claims, err := verify.Token(savedToken, keys, want)
	fmt.Println(claims.Products, claims.IssuedAt, err)

	want.InstallationID, _ = verify.InstallationID("NIB-STD", []byte("another-machine"))
	_, err = verify.Token(savedToken, keys, want)
	fmt.Println(errors.Is(err, verify.ErrInstallation))
	// Output:
	// [NIB-STD NIB-PRO] 2026-03-02 09:30:00 +0000 UTC <nil>
	// true
}

func ExampleConfirmation() {
	keys, err := verify.ParseKeys(centerKeys)
	if err != nil {
		fmt.Println(err)
		return
	}
	want := verify.Expect{Issuer: center, InstallationID: "f8e74802067c8b48ade5bfab292c1b55", Product: "NIB-STD"}
	typed := strings.ToLower(typedConfirmation)
	fmt.Println(verify.Confirmation(typed, keys, want))

	mistyped := strings.Replace(typed, "mbebv", "mbbev", 1)
	err = verify.Confirmation(mistyped, keys, want)
	if bad, ok := errors.AsType[*verify.GroupError](err); ok {
		fmt.Println("please look at group", bad.Group)
	}
	// Output:
	// <nil>
	// please look at group 2
}

func ExampleInstallationGroups() {
	groups, err := verify.InstallationGroups("f8e74802067c8b48ade5bfab292c1b55")
	fmt.Println(groups, err)
	id, err := verify.ParseInstallationID("033088 494246 022932 594426 213313 503880 861981 055254")
	fmt.Println(id, err)
	_, err = verify.ParseInstallationID("033088 494264 022932 594426 213313 503880 861981 055254")
	fmt.Println(err)
	// Output:
	// 033088-494246-022932-594426-213313-503880-861981-055254 <nil>
	// f8e74802067c8b48ade5bfab292c1b55 <nil>
	// verify: group 2 is mistyped
}
