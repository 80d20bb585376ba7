package orders_test

import (
	"fmt"
	"slices"
	"testing"

	"chiave/internal/licensing/orders"
	"chiave/internal/platform/errs"
)

func TestLines(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.good(story)
		w.good("2,E-1,PO-2,2020-01-01,PAR-1,STD,2,UPG,110,,,,,\n")
		anna, stranger := w.person("anna@example.com"), w.person("stranger@example.com")
		e1 := w.licensing("E-1").ID
		var got []string
		for after := ""; ; {
			lines, next, err := w.Lines(t.Context(), anna, e1, orders.Page{After: after, Limit: 3})
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range lines {
				got = append(got, fmt.Sprint(l.ID, " ", l.OrderNumber, " ", l.OrderDate, " ", l.PartnerName, " ", l.ProductName, " ", l.Kind, " ", l.Quantity, " ", l.Returns))
			}
			if after = next; after == "" {
				break
			}
		}
		want := []string{"5 PO-5 2020-03-01  Nimbus Standard RET 30 1", "4 PO-4 2020-02-01  Nimbus Standard SUP 10 ",
			"2 PO-2 2020-01-01 Rete Nimbus Standard UPG 110 ", "1 PO-1 1994-03-01 Rete Nimbus Standard L 100 "}
		if !slices.Equal(got, want) {
			t.Errorf("got %q\nwant %q", got, want)
		}
		if _, _, err := w.Lines(t.Context(), stranger, e1, orders.Page{}); errs.CodeOf(err) != "licensing_ids.unknown" {
			t.Errorf("a stranger: %v", err)
		}
		if _, _, err := w.Lines(t.Context(), anna, w.licensing("X-1").ID, orders.Page{}); errs.CodeOf(err) != "licensing_ids.unknown" {
			t.Errorf("managed elsewhere: %v", err)
		}
	})
}
