package web_test

import (
	"net/http"
	"strings"
	"testing"

	"chiave/internal/licensing/keys"
	"chiave/internal/platform/clock"
	"chiave/internal/platform/db"
	"chiave/internal/platform/db/dbtest"
	"chiave/internal/platform/ids"
	"chiave/internal/web/webtest"
)

const lidWire = ids.Prefix("lid")

func keyPath(w *webtest.World, name string) string { return "/keys/" + keys.Wire.Wire(w.Keys[name]) }

func lidPath(w *webtest.World, number string) string {
	return "/licenses/" + lidWire.Wire(w.IDs[number])
}

// TestPagesShowWhatIsThere opens every page as the people who use it, in their language.
func TestPagesShowWhatIsThere(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		w, visitors := webtest.New(t, d, webtest.Options{}), map[string]*webtest.Visitor{}
		for _, visit := range visits(w) {
			if visitors[visit.who] == nil {
				visitors[visit.who] = w.As(t, visit.who)
			}
			p := visitors[visit.who].Get(visit.path)
			if p.Status != http.StatusOK {
				t.Errorf("%s opens %s: %d\n%s", visit.who, visit.path, p.Status, p.Text())
				continue
			}
			for _, want := range visit.want {
				if !strings.Contains(p.Text(), want) {
					t.Errorf("%s does not find %q on %s:\n%s", visit.who, want, visit.path, p.Text())
				}
			}
			for _, not := range visit.not {
				if strings.Contains(p.Text(), not) {
					t.Errorf("%s finds %q on %s", visit.who, not, visit.path)
				}
			}
		}
	})
}

// visit is a page that somebody opens, what stands on it and what does not.
type visit struct {
	who, path string
	want, not []string
}

func visits(w *webtest.World) []visit {
	return []visit{
		{webtest.Admin, "/", []string{"Ti diamo il benvenuto, Chiara", "Rossi Meccanica S.p.A.", "2 attivi", "Codici Product Key 1 senza attivazioni"}, nil},
		{webtest.Operator, "/", []string{"Welcome, Robin", "Invitations to release", "Import a file"}, []string{"Take a product key", "Licensing IDs"}},
		{webtest.Nobody, "/", []string{"No permissions are associated with your account"}, []string{"Licensing IDs"}},
		{webtest.Admin, "/licenses", []string{"E-1001", "Programma principale P-77", "Contratto quadro M-5", "Enterprise", "Tecnoponte", "1 gen 2024 – 31 dic 2026", "Attivo"}, []string{"L-3003", "E-9001"}},
		{webtest.Admin, "/licenses?show=all&search=open", []string{"Nessun ID licenza corrisponde"}, []string{"L-3003"}},
		{webtest.Admin, "/licenses?show=all", []string{"L-3003", "Inattivo", "S-2002", "Dal 1 gen 2025"}, []string{"E-9001"}},
		{webtest.Admin, "/licenses/summary", []string{"31 mar 2026 (Europe/Rome), da 3 ID licenza", "Applicazioni", "Sistemi", "Server", "1.240", "* Concesso da una promozione", "Filtra gli ID licenza inclusi in questo riepilogo", "rivolgiti a Tecnoponte Servizi S.r.l.",
			"qui non sono note", "Verifica che in questo riepilogo siano inclusi", "nessuno può modificarlo", "La loro copertura non è iniziata", "Il partner non ha ancora trasmesso"}, nil},
		{webtest.Admin, "/licenses/summary?licensing=E-1001&as_of=2024-06-30", []string{"30 giu 2024", "da 1 ID licenza", "120"}, []string{"Telaio", "1.240", "* Concesso"}},
		{webtest.Admin, "/licenses/summary/explanation?product=COR-STD&version=2025", []string{"OL-4", "PO-812", "E-1001", "Aggiornamento senza una licenza di una versione precedente", "Quantità non risolta: 8"}, nil},
		{webtest.Admin, lidPath(w, webtest.Enterprise), []string{"Dettagli ID licenza", "Numero di iscrizione 1001", "Dettagli programma principale", "Dettagli contratto quadro"}, nil},
		{webtest.Admin, lidPath(w, webtest.Enterprise) + "/contacts", []string{"Chiara Bianchi", "Contatto principale", "Contatto partner di canale", "Tecnoponte"}, nil},
		{webtest.Admin, lidPath(w, webtest.Enterprise) + "/orders", []string{"PO-901", "Step-up", "NIB-STD → NIB-PRO", "Reso (OL-1)"}, nil},
		{webtest.Admin, lidPath(w, webtest.Enterprise) + "/licenses", []string{"Calcolato solo da questo ID licenza", "105"}, []string{"1.240"}},
		{webtest.Admin, lidPath(w, webtest.Select) + "/keys", []string{"Telaio Drawing Desk", "Chiave di licenza volume"}, []string{"Nimbus"}},
		{webtest.Admin, lidPath(w, webtest.Enterprise) + "/audit", []string{"Computer attivato: rossi-nb-001", "Ruolo assegnato: Codici Product Key", "Tu"}, nil},
		{webtest.InfoView, lidPath(w, webtest.Enterprise), []string{"Product Keys You need one of these roles on a Licensing ID: Administrator, Product Keys, Key Administrator, Limited set."}, nil},
		{webtest.KeyView, "/keys", []string{"7 used 143 available", "2 used 0 available"}, []string{"Telaio"}},
		{webtest.KeyView, keyPath(w, "server"), []string{"No activation is left on this key", "rossi-nb-002", "You need one of these roles", "Administrator"}, []string{"rossi-nb-003"}},
		{webtest.Admin, "/permissions", []string{"E-1001", "Amministratore", "Indicato come contatto: Contatto principale", webtest.Admin}, nil},
		{webtest.Admin, "/permissions", []string{"Indicato in un contratto superiore: Contatto principale di P-77", "Enterprise P-77", "Il contratto indica il tuo nominativo"}, []string{"L-3003"}},
		{webtest.Admin, "/permissions?inactive=yes", []string{"L-3003", "Inattivo"}, nil},
		{webtest.Admin, "/users", []string{"E-1001", "luca.verdi@rossi.example", "Luca Verdi", "Codici Product Key", "ereditato"}, []string{"E-9001", "amelia"}},
		{webtest.Admin, "/users?search=verdi", []string{"Luca Verdi"}, []string{"Nadia"}},
		{webtest.Stranger, "/users", []string{"E-9001", "Amelia Finch"}, []string{"E-1001", "rossi.example"}},
		{webtest.KeyView, "/permissions", []string{"Product Keys", "Given by an Administrator"}, nil},
		{webtest.Admin, "/audit?about=keys", []string{"Codice Product Key mostrato", "Codice Product Key creato"}, []string{"Computer attivato:"}},
		{webtest.Operator, "/licenses/summary?licensing=E-9001", []string{"from 1 Licensing ID", "40"}, nil},
		{webtest.Operator, "/office/keys", []string{"E-9001", "Harbour & Finch Ltd", "1 used 39 available"}, nil},
		{webtest.Admin, "/help", []string{"Contatta l'assistenza", "+39 02 5550 1234", "Ordini, fatture e pagamenti"}, nil},
	}
}
