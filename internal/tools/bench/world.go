package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"chiave/client"
)

const (
	operator    = "operator@bench.example"
	licensingID = "E-1"
	product     = "NIB-STD"
	limit       = 1_000_000_000 // no key is used up
	keysAtOnce  = 1000          // that the server makes in one request
)

// The smallest publisher there is. The operator is the customer's contact too, and so may take keys out of custody.
const (
	catalogFeed = `{"products": [{"code": "NIB-STD", "name": "Nimbus Office Standard", "family": "Nimbus Office", "pool": "Applications", "class": "office",
		"versions": [{"name": "1", "released": "2020-01-01"}]}]}`
	agreementsFeed = `{"organizations": [{"code": "BENCH", "legal_name": "Bench Ltd", "country": "GB", "segment": "commercial"}],
		"agreements": [{"licensing_id": "E-1", "program": "enterprise", "organization": "BENCH", "start": "2020-01-01",
			"contacts": [{"type": "primary", "email": "operator@bench.example", "first_name": "Robin", "last_name": "Aldous"}]}]}`
)

// target is a server with its keys.
type target struct {
	engine string
	*process
	api  *client.Client
	hot  string   // one key
	many []string // the others
}

// newTarget starts a server on a new installation and has its operator make the keys.
func newTarget(ctx context.Context, o options, engine, dir string) (*target, error) {
	i, err := newInstallation(ctx, o, engine, dir)
	if err != nil {
		return nil, err
	}
	token, err := i.token()
	if err != nil {
		return nil, err
	}
	p, err := i.serve(ctx)
	if err != nil {
		return nil, err
	}
	t := &target{engine: engine, process: p, api: client.New(p.url, client.Token(token))}
	if err := t.fill(ctx, o.keys); err != nil {
		p.stop()
		return nil, fmt.Errorf("%s: %w", engine, err)
	}
	return t, nil
}

func (t *target) fill(ctx context.Context, count int) error {
	if err := importAll(ctx, t.api, catalogFeed, agreementsFeed, ""); err != nil {
		return err
	}
	for left := count + 1; left > 0; left -= keysAtOnce { // the first of them is the hot one
		_, err := t.api.GenerateKeys(ctx, client.Generation{LicensingID: licensingID, Type: "mak", Products: []string{product}, Limit: limit, Count: min(left, keysAtOnce)})
		if err != nil {
			return fmt.Errorf("making keys: %w", err)
		}
	}
	return t.takeOut(ctx, count)
}

// importAll hands feeds in, in their order; an empty one is left out.
func importAll(ctx context.Context, api *client.Client, catalog, agreements, orders string) error {
	for _, feed := range []struct{ kind, file, content string }{
		{client.Catalog, "catalog.json", catalog}, {client.Agreements, "agreements.json", agreements}, {client.Orders, "orders.csv", orders},
	} {
		if feed.content == "" {
			continue
		}
		report, err := api.Import(ctx, feed.kind, feed.file, false, func() (io.Reader, error) { return strings.NewReader(feed.content), nil })
		if err == nil && !report.Published {
			err = fmt.Errorf("%v", report.Errors)
		}
		if err != nil {
			return fmt.Errorf("importing the %s: %w", feed.kind, err)
		}
	}
	return nil
}

// takeOut reads the keys' texts from the key file.
func (t *target) takeOut(ctx context.Context, count int) error {
	var file bytes.Buffer
	if err := t.api.ExportKeys(ctx, licensingID, "csv", &file); err != nil {
		return fmt.Errorf("taking the keys out: %w", err)
	}
	rows, err := csv.NewReader(&file).ReadAll()
	if err != nil {
		return err
	}
	for _, row := range rows[1:] {
		t.many = append(t.many, row[4])
	}
	if len(t.many) != count+1 {
		return fmt.Errorf("the key file has %d keys, want %d", len(t.many), count+1)
	}
	t.hot, t.many = t.many[0], t.many[1:]
	return nil
}

// used returns how many activations the server has counted.
func (t *target) used(ctx context.Context) (sum int64, err error) {
	for cursor := ""; ; {
		page, err := t.api.ProductKeys(ctx, licensingID, client.PageQuery{Cursor: cursor, Limit: 1000})
		if err != nil {
			return 0, err
		}
		for _, k := range page.Items {
			sum += k.Used
		}
		if cursor = page.Next; cursor == "" {
			return sum, nil
		}
	}
}
