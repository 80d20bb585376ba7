package client

import (
	"context"
	"io"
	"net/http"
	"net/url"
)

// ProductKey is a product key as lists show it: masked.
type ProductKey struct {
	ID           string   `json:"id" example:"key_01hk153x00fzzvzzzzzzzzzzzz"`
	LicensingID  string   `json:"licensing_id"`
	Program      string   `json:"program"`
	Organization string   `json:"organization"`
	Products     []string `json:"products" doc:"Codes of the products it serves; none for a foreign key"`
	ProductName  string   `json:"product_name"`
	Type         string   `json:"type" enum:"mak,kms_host,volume,setup,service"`
	Masked       string   `json:"masked"`
	Foreign      bool     `json:"foreign" doc:"Brought in from elsewhere: kept and shown, never activated here"`
	Counted      bool     `json:"counted" doc:"It has a limited number of activations"`
	Limit        int64    `json:"limit"`
	Used         int64    `json:"used"`
	Available    int64    `json:"available"`
	State        string   `json:"state" enum:"assigned,superseded"`
	CreatedAt    string   `json:"created_at" format:"date-time"`
	Version      int64    `json:"version" doc:"To be sent with a change, so that none is lost"`
}

// RevealedKey is a product key with its text.
type RevealedKey struct {
	ProductKey
	Key string `json:"product_key" doc:"25 characters in five groups"`
}

// Generation asks for new keys.
type Generation struct {
	LicensingID string   `json:"licensing_id" doc:"Number of the Licensing ID"`
	Type        string   `json:"type" enum:"mak,kms_host,volume,setup,service"`
	Products    []string `json:"products" doc:"Codes of the products the key serves"`
	Limit       int64    `json:"limit,omitempty" doc:"Activations of a MAK; computed from the licenses owned when absent"`
	Count       int      `json:"count,omitempty" doc:"How many keys; one when absent"`
}

// Activation is a computer that a key has activated.
type Activation struct {
	ID             string `json:"id" example:"act_01hk153x00fzzvzzzzzzzzzzzz"`
	InstallationID string `json:"installation_id"`
	Product        string `json:"product"`
	Machine        string `json:"machine"`
	ActivatedAt    string `json:"activated_at" format:"date-time"`
}

// ActivationRequest asks to activate a computer.
type ActivationRequest struct {
	ProductKey     string `json:"product_key" maxLength:"64"`
	InstallationID string `json:"installation_id" maxLength:"64" doc:"32 hexadecimal digits, made by the product"`
	Product        string `json:"product" maxLength:"200" doc:"Code of the product"`
	Machine        string `json:"machine,omitempty" maxLength:"400" doc:"Name of the computer, shown to the owner of the key"`
}

// ActivationResult is the answer to an ActivationRequest.
type ActivationResult struct {
	Activation
	Token string `json:"token" doc:"Proof that the product verifies offline: a JWS signed with a key of /.well-known/jwks.json"`
	Again bool   `json:"again" doc:"The key had activated this computer before; nothing was counted"`
}

// ProductKeys lists keys, masked: of one Licensing ID by its number, or all that the caller may see.
func (c *Client) ProductKeys(ctx context.Context, licensingID string, q PageQuery) (Page[ProductKey], error) {
	v := q.values()
	if licensingID != "" {
		v.Set("licensing_id", licensingID)
	}
	var out Page[ProductKey]
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/product-keys", query: v}, nil, &out)
	return out, err
}

// RevealKey returns a key with its text; that goes on record.
func (c *Client) RevealKey(ctx context.Context, id string) (RevealedKey, error) {
	var out RevealedKey
	err := c.call(ctx, request{method: http.MethodPost, path: "/api/v1/product-keys/" + url.PathEscape(id) + "/reveal"}, nil, &out)
	return out, err
}

// GenerateKeys makes keys for a Licensing ID.
func (c *Client) GenerateKeys(ctx context.Context, g Generation) ([]ProductKey, error) {
	var out struct {
		Items []ProductKey `json:"items"`
	}
	err := c.call(ctx, request{method: http.MethodPost, path: "/api/v1/product-keys", once: true}, g, &out)
	return out.Items, err
}

// ExportKeys writes the key file to w: format is "tsv" or "csv", licensingID a number or "" for all that the caller may see. It goes on
// record.
func (c *Client) ExportKeys(ctx context.Context, licensingID, format string, w io.Writer) error {
	v := url.Values{"format": {format}}
	if licensingID != "" {
		v.Set("licensing_id", licensingID)
	}
	answer, err := c.send(ctx, request{method: http.MethodPost, path: "/api/v1/product-keys/export", query: v})
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(w, answer.Body)
	return err
}

// Activations lists the computers that a key has activated, newest first.
func (c *Client) Activations(ctx context.Context, keyID string, q PageQuery) (Page[Activation], error) {
	var out Page[Activation]
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/product-keys/" + url.PathEscape(keyID) + "/activations", query: q.values()}, nil, &out)
	return out, err
}

// Activate activates a computer. It needs no token: holding the key is the right. Repeating it is safe.
func (c *Client) Activate(ctx context.Context, r ActivationRequest) (ActivationResult, error) {
	var out ActivationResult
	err := c.call(ctx, request{method: http.MethodPost, path: "/activation/v1/activations"}, r, &out)
	return out, err
}

// JWKS returns the center's public keys, the document that verify.ParseKeys reads.
func (c *Client) JWKS(ctx context.Context) ([]byte, error) {
	answer, err := c.send(ctx, request{method: http.MethodGet, path: "/.well-known/jwks.json"})
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return io.ReadAll(io.LimitReader(answer.Body, 1<<20))
}
