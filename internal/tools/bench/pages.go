package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"chiave/client"
)

const (
	bigIDs    = 500
	bigPeople = 2000
	shares    = 3   // Licensing IDs of each of the people
	looks     = 100 // at each page
	password  = "a quiet walk along the river"
)

// pageTime is how long a page took and how large it is.
type pageTime struct {
	took  []time.Duration
	bytes int
}

// benchPages measures how long every page takes that an Administrator of 500 Licensing IDs with 2,000 people opens.
func benchPages(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "chiave-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	worst, largest := map[string]float64{}, 0
	for _, engine := range []string{"sqlite", "postgres"} {
		seen, err := pagesOn(ctx, o, engine, filepath.Join(dir, engine))
		if err != nil {
			return fmt.Errorf("%s: %w", engine, err)
		}
		for page, t := range seen {
			slices.Sort(t.took)
			middle, high := millis(t.took[len(t.took)/2]), millis(t.took[len(t.took)*99/100])
			note("%-8s %6.1f ms, p99 %6.1f ms, %4d KiB  %s", engine, middle, high, t.bytes/1024, page)
			worst[engine], largest = max(worst[engine], high), max(largest, t.bytes)
		}
	}
	fmt.Printf("S5 p99_ms=%.0f sqlite=%.0f postgres=%.0f kib=%d\n", max(worst["sqlite"], worst["postgres"]), worst["sqlite"], worst["postgres"], largest/1024)
	return nil
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// pagesOn fills an installation and looks at its pages.
func pagesOn(ctx context.Context, o options, engine, dir string) (seen map[string]*pageTime, err error) {
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
	defer func() { err = errors.Join(err, p.stop()) }()
	began := time.Now()
	lids, err := fillBig(ctx, client.New(p.url, client.Token(token)))
	if err != nil {
		return nil, err
	}
	note("%s: %d Licensing IDs and %d people after %s", engine, len(lids), bigPeople, time.Since(began).Round(time.Second))
	v := &visitor{url: p.url}
	if err := v.enter(ctx, i.link); err != nil {
		return nil, err
	}
	seen = map[string]*pageTime{}
	for _, page := range bigPages(lids[bigIDs/2]) {
		t := &pageTime{}
		for range looks {
			took, size, err := v.look(ctx, page)
			if err != nil {
				return nil, err
			}
			t.took, t.bytes = append(t.took, took), size
		}
		seen[page] = t
	}
	return seen, nil
}

// bigPages are the pages that grow with Licensing IDs and people.
func bigPages(lid client.LicensingID) []string {
	about := "/licenses/" + lid.ID
	return []string{"/", "/licenses?show=all", "/licenses/summary", about, about + "/contacts", about + "/orders", about + "/licenses", about + "/keys", about + "/audit",
		"/keys", "/audit", "/permissions", "/permissions/request", "/users", "/users?search=person", "/requests", "/account"}
}

// fillBig makes the customer: the operator is Administrator of all Licensing IDs, by being their contact.
func fillBig(ctx context.Context, api *client.Client) ([]client.LicensingID, error) {
	var agreements, orders strings.Builder
	orders.WriteString("line_id,licensing_id,order_number,order_date,product,version,kind,quantity\n")
	agreements.WriteString(`{"organizations": [{"code": "BENCH", "legal_name": "Bench Ltd", "country": "GB", "segment": "commercial"}], "agreements": [`)
	for n := range bigIDs {
		if n > 0 {
			agreements.WriteString(",")
		}
		fmt.Fprintf(&agreements, `{"licensing_id": "E-%d", "program": "enterprise", "organization": "BENCH", "start": "2020-01-01",
			"contacts": [{"type": "primary", "email": %q, "first_name": "Robin", "last_name": "Aldous"}]}`, n, operator)
		for line := range 4 {
			fmt.Fprintf(&orders, "L-%d-%d,E-%d,PO-%d,2024-01-0%d,NIB-STD,1,L,%d\n", n, line, n, n, line+1, 10+n)
		}
	}
	agreements.WriteString("]}")
	if err := importAll(ctx, api, catalogFeed, agreements.String(), orders.String()); err != nil {
		return nil, err
	}
	var lids []client.LicensingID
	for cursor := ""; ; {
		page, err := api.LicensingIDs(ctx, true, "", client.PageQuery{Cursor: cursor, Limit: 1000})
		if err != nil {
			return nil, err
		}
		lids = append(lids, page.Items...)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(lids) != bigIDs {
		return nil, fmt.Errorf("there are %d Licensing IDs, want %d", len(lids), bigIDs)
	}
	for n, lid := range lids {
		if err := fillOne(ctx, api, lid, n); err != nil {
			return nil, err
		}
	}
	return lids, nil
}

// fillOne gives a Licensing ID its people and 20 keys.
func fillOne(ctx context.Context, api *client.Client, lid client.LicensingID, n int) error {
	roles := []string{"product_keys", "download", "licensing_info_viewer"}
	for k := range bigPeople * shares / bigIDs {
		who := (n*bigPeople/bigIDs + k) % bigPeople
		grant := client.RoleGrant{Address: fmt.Sprintf("person.%04d@bench.example", who), Role: roles[k%len(roles)]}
		if _, err := api.AssignRole(ctx, lid.ID, grant); err != nil {
			return fmt.Errorf("giving a role: %w", err)
		}
	}
	_, err := api.GenerateKeys(ctx, client.Generation{LicensingID: lid.Number, Type: "mak", Products: []string{product}, Limit: limit, Count: 20})
	return err
}

// visitor is a browser without its rendering.
type visitor struct {
	url  string
	http *http.Client
}

// enter chooses the operator's password by the link and signs in.
func (v *visitor) enter(ctx context.Context, link string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	v.http = &http.Client{Jar: jar}
	for _, form := range []struct {
		path   string
		fields url.Values
	}{
		{link, url.Values{"first_name": {"Robin"}, "last_name": {"Aldous"}, "language": {"en"}, "password": {password}}},
		{"/sign-in", url.Values{"address": {operator}, "password": {password}}},
	} {
		if _, _, err := v.send(ctx, http.MethodPost, form.path, form.fields); err != nil {
			return err
		}
	}
	return nil
}

// look opens a page and returns how long the server took to its last byte, and how many bytes there were.
func (v *visitor) look(ctx context.Context, path string) (time.Duration, int, error) {
	return v.send(ctx, http.MethodGet, path, nil)
}

func (v *visitor) send(ctx context.Context, method, path string, form url.Values) (time.Duration, int, error) {
	request, err := http.NewRequestWithContext(ctx, method, v.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, 0, err
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	began := time.Now()
	answer, err := v.http.Do(request)
	if err != nil {
		return 0, 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	took := time.Since(began)
	if err == nil && (answer.StatusCode != http.StatusOK || method == http.MethodGet && answer.Request.URL.Path == "/sign-in") {
		err = fmt.Errorf("%s %s is %s at %s", method, path, answer.Status, answer.Request.URL.Path)
	}
	return took, len(text), err
}
