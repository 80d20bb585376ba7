package cli

import (
	"time"

	"chiave/client"
)

// everyPage reads a list to its end, or to its first most items when most is not zero.
func everyPage[T any](most int, read func(client.PageQuery) (client.Page[T], error)) (client.Page[T], error) {
	const pageSize = 100
	all := client.Page[T]{Items: []T{}}
	for cursor := ""; ; {
		limit := pageSize
		if most > 0 {
			limit = min(limit, most-len(all.Items))
		}
		page, err := read(client.PageQuery{Cursor: cursor, Limit: limit})
		if err != nil {
			return all, err
		}
		all.Items = append(all.Items, page.Items...)
		if cursor = page.Next; cursor == "" || most > 0 && len(all.Items) >= most {
			all.Next = cursor
			return all, nil
		}
	}
}

func (s *session) number(n int64) string { return s.out.Number(n) }

// date shows an ISO date as people write it; what is none is shown as it is.
func (s *session) date(iso string) string {
	d, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return s.out.Date(d)
}

// instant shows an RFC 3339 instant in UTC.
func (s *session) instant(text string) string {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	return s.out.Time(at, time.UTC)
}

func productLabel(code, name string) string {
	if name == "" || name == code {
		return code
	}
	return name + " (" + code + ")"
}

func (s *session) pool(code string) string {
	switch code {
	case "Applications":
		return s.out.T("cli.pool.applications")
	case "Systems":
		return s.out.T("cli.pool.systems")
	case "Servers":
		return s.out.T("cli.pool.servers")
	}
	return code
}

func (s *session) status(code string) string {
	switch code {
	case "active":
		return s.out.T("cli.status.active")
	case "inactive":
		return s.out.T("cli.status.inactive")
	}
	return code
}

func (s *session) keyType(code string) string {
	if key := "cli.key_type." + code; s.out.Has(key) {
		return s.out.T("cli.key_type." + code)
	}
	return code
}

func (s *session) role(code string) string {
	if key := "cli.role." + code; s.out.Has(key) {
		return s.out.T("cli.role." + code)
	}
	return code
}
