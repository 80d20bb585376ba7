package accesstest

import (
	"fmt"
	"net/http"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/keys"
	"chiave/internal/routes"
)

// more adds to the other company what would move a count, a sum or an order of somebody's list.
func (w *World) more() {
	w.t.Helper()
	w.take("more.json", `{"agreements": [{"licensing_id": "A-0001", "program": "select-plus", "organization": "HARBOUR", "start": "2024-01-01"}]}`, w.Agreements.Import)
	w.take("more.csv", fmt.Sprintf("line_id,licensing_id,order_number,order_date,product,version,kind,quantity\n"+
		"A-1,%[1]s,A-PO,2024-02-10,NIB-STD,2019,L,77\nA-2,A-0001,A-PO,2024-02-10,NIB-STD,2019,L,88\n", Other.Number()), w.Orders.Import)
	_, err := w.Keys.Generate(w.t.Context(), w.Operator, keys.Generation{Licensing: w.IDs[Other], Type: keys.MAK, Products: []string{"NIB-STD"}, Limit: 5, Count: 3})
	w.check(err)
	w.grant(w.IDs[Other], "aaron@helper.example", access.Administrator, "")
}

// unmoved proves that no list, count, sum or search of a customer depends on what another company has: the same questions have the same
// answers, by the same statements, after more was added there.
func (w *walk) unmoved(cases []Case) {
	w.t.Helper()
	type asked struct {
		c     Case
		p     Principal
		r     Request
		plain string
	}
	var all []asked
	for _, c := range cases {
		if c.Class != routes.Read || c.Names != "" || w.m[c.Action] == nil || w.m[c.Action].says(anonymous) {
			continue
		}
		for _, p := range w.people {
			if Few(p) && p.Staff == "" && !p.nobody() && len(p.roles(Other)) == 0 {
				r := c.Make(Own)
				if w.send(c, p, r).status < http.StatusBadRequest { // a refusal would be news in somebody's audit trail
					all = append(all, asked{c: c, p: p, r: r})
				}
			}
		}
	}
	for i, a := range all {
		all[i].plain = w.plain(w.send(a.c, a.p, a.r), a.r, Own)
	}
	w.more()
	for _, a := range all {
		w.cells++
		if got := w.plain(w.send(a.c, a.p, a.r), a.r, Own); got != a.plain {
			w.leaks++
			w.wrong("%s as %s answers otherwise when another company has more:\n%.2000s\n%.2000s", a.c.Pattern(), a.p.Name, a.plain, got)
		}
	}
}
