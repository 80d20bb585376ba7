package openlicense_test

import (
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/notify"
	"chiave/internal/licensing/openlicense"
	"chiave/internal/licensing/requests/requeststest"
	"chiave/internal/platform/db"
)

// TestAResellerGetsTheSetWithTheOrder, once, with a mail to the Administrators, who can deny it; by an order and on an Open License only
// (OPEN-15, OPEN-16; N10).
func TestAResellerGetsTheSetWithTheOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		const contact = `"contacts": [{"type": "partner", "email": "marta@ponte.example", "first_name": "Marta", "last_name": "Colombo"}]}`
		w.Take(`{"agreements": [{"licensing_id": "61000001", "program": "open-license", "organization": "ALBA", "start": "2026-01-01", "authorization_number": "90000001ZZE2801", ` + contact +
			`, {"licensing_id": "61000002", "program": "open-license", "organization": "ALBA", "start": "2026-01-01", "authorization_number": "90000002ZZE2801", ` + contact +
			`, {"licensing_id": "E-1001", "program": "enterprise", "organization": "ALBA", "start": "2024-01-01", "enrollment_number": "ENR-7", ` + contact + `]}`)
		w.ordered(t, 1, first, "E-1001")
		marta := w.Person("marta@ponte.example", "Margherita", "Colombo in Riva") // whose profile is not the customer's to know
		if w.May(marta, access.ViewKeys, first) != nil || w.May(marta, access.SeeLicensingID, second) == nil || w.May(marta, access.SeeLicensingID, "E-1001") == nil {
			t.Error("more or less was given than the order brings")
		}
		mails := w.Mails(notify.OpenLicenseReseller)
		if to := requeststest.To(mails); to != "anna@alba.example carla@alba.example" || mails[0].Params["person"] != "Marta Colombo" {
			t.Fatalf("mails %+v", mails)
		}
		list, _, err := w.List(t.Context(), w.Anna, openlicense.Filter{})
		if err != nil || len(list) != 1 || !list[0].Reseller || list[0].Number != first || list[0].Name != "Marta Colombo" {
			t.Fatalf("%+v, %v", list, err)
		}
		if _, err := w.Deny(t.Context(), w.Anna, list[0].ID); err != nil || w.May(marta, access.SeeLicensingID, first) == nil {
			t.Errorf("denied: %v", err)
		}
		w.ordered(t, 2, first, second)
		if w.May(marta, access.SeeLicensingID, first) == nil || w.May(marta, access.ViewKeys, second) != nil {
			t.Error("what was denied came back by the next order, or that one gave nothing")
		}
		w.fails(t, "openlicense.denied", marta, pair(first, firstNumber))
	})
}

// TestAResellerWhoAdministersIsGivenNothing: the roles would stay when the Administrator role ends.
func TestAResellerWhoAdministersIsGivenNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.Take(`{"agreements": [{"licensing_id": "61000002", "program": "open-license", "organization": "ALBA", "start": "2026-01-01", "authorization_number": "90000002ZZE2801",
			"contacts": [{"type": "primary", "email": "anna@alba.example"}, {"type": "partner", "email": "marta@ponte.example"}]}]}`)
		w.Person("marta@ponte.example", "Marta", "Colombo")
		w.Give("marta@ponte.example", second, access.Administrator)
		w.ordered(t, 1, second)
		if list, _, err := w.List(t.Context(), w.Anna, openlicense.Filter{}); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// ordered publishes order lines as the room of orders does.
func (w *world) ordered(t *testing.T, revision int64, licenses ...string) {
	t.Helper()
	var licensing []any
	for _, number := range licenses {
		licensing = append(licensing, w.ID(number))
	}
	err := w.DB.Housekeep(t.Context(), "orders of a test", func(tx *db.Tx) error {
		for _, id := range licensing {
			_, err := tx.Exec("INSERT INTO order_lines (licensing_id, line_id, revision, withdrawn, order_number, ordered_on, product, version, kind, quantity, coverage_start, coverage_end, "+
				"usage_on, to_product, file_line) VALUES ($1, $2, $3, $4, 'PO', '2026-01-01', 'P', '', 'L', 1, '', '', '', '', 1)", id, tx.NewID(), revision, false)
			if err != nil {
				return err
			}
		}
		return w.OrdersPublishedTx(tx, revision)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}
