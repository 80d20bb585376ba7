package tenants_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/notify"
	"chiave/internal/licensing/requests/requeststest"
	"chiave/internal/licensing/tenants"
	"chiave/internal/licensing/tenants/tenantstest"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
)

// world is two customers with a tenant each.
type world struct {
	*requeststest.World
	*tenants.Service
	dns                *tenantstest.DNS
	alba, borealis     tenants.Tenant
	greta, gino, dario audit.Actor // Global Administrators of Alba and of Borealis; nobody in particular
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	requeststest.Each(t, func(t *testing.T, rooms *requeststest.World) {
		w := &world{World: rooms, dns: tenantstest.ServeDNS(t)}
		w.Service = tenants.New(tenants.Needs{Access: rooms.Access, Accounts: rooms.Accounts, Mail: rooms.Notify, DNS: tenants.ResolverAt(w.dns.Address), BaseURL: requeststest.BaseURL})
		w.greta, w.gino, w.dario = w.Person("greta@alba.example", "Greta", "Riva"), w.Person("gino@borealis.example", "Gino", "Lahti"), w.Person("dario@alba.example", "Dario", "Sala")
		w.alba = w.create(t, "ALBA", "alba.example", "greta@alba.example")
		w.borealis = w.create(t, "BOREALIS", "borealis.example", "gino@borealis.example")
		test(t, w)
	})
}

func (w *world) create(t *testing.T, code, domain, administrator string) tenants.Tenant {
	t.Helper()
	made, err := w.Create(t.Context(), w.Olga, tenants.Creation{Organization: code, Name: strings.ToLower(code), Region: "EMEA", PrimaryDomain: domain, Administrator: administrator})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func wants(t *testing.T, what string, err error, code string) {
	t.Helper()
	if errs.CodeOf(err) != code {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

func (w *world) policy(t *testing.T, address string) (p tenants.Policy) {
	t.Helper()
	if err := w.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		p, err = w.PolicyTx(tx, address)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return p
}

// verify has the DNS prove a domain of a tenant.
func (w *world) verify(t *testing.T, actor audit.Actor, tenant tenants.Tenant, domain string) error {
	t.Helper()
	seen, err := w.Get(t.Context(), actor, tenant.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range seen.Domains {
		if d.Name == domain {
			w.dns.Set(d.Record, "v=spf1 -all", d.Value)
		}
	}
	return w.VerifyDomain(t.Context(), actor, tenant.ID, domain)
}

// TestATenantIsSetUpForAnOrganization by staff, with its first Global Administrator, who is mailed and can sign in or register (ORG-03, REG-14).
func TestATenantIsSetUpForAnOrganization(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		got, err := w.Get(t.Context(), w.greta, w.alba.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got.GUID == "" || got.OrganizationCode != "ALBA" || got.Country != "IT" || got.Region != "EMEA" || got.PrimaryDomain != "alba.example" || !got.SelfService ||
			len(got.Domains) != 1 || len(got.Administrators) != 1 || got.Administrators[0].Name != "Greta Riva" {
			t.Errorf("%+v", got)
		}
		if mails := w.Mails(notify.TenantRoleGiven); requeststest.To(mails) != "gino@borealis.example greta@alba.example" || mails[1].Params["tenant_role"] != "global_administrator" {
			t.Errorf("mails %+v", mails)
		}
		creation := tenants.Creation{Organization: "ALBA", Name: "Alba", GUID: got.GUID, PrimaryDomain: "alba.example", Administrator: "dario@alba.example"}
		_, err = w.Create(t.Context(), w.Olga, creation)
		wants(t, "a second first administrator", err, "tenants.has_administrator")
		_, err = w.Create(t.Context(), w.greta, creation)
		wants(t, "no staff", err, "access.staff_only")
		creation.Organization = "BOREALIS"
		_, err = w.Create(t.Context(), w.Olga, creation)
		wants(t, "another's Tenant ID", err, "accounts.tenant_taken")
		creation.Administrator = "nobody"
		_, err = w.Create(t.Context(), w.Olga, creation)
		wants(t, "no address", err, "tenants.creation")
		for _, body := range w.Recorded("tenants.set_up") {
			if strings.Contains(body, "@") {
				t.Errorf("a record names an address: %s", body)
			}
		}
	})
}

// TestTenantRolesAllowWhatTheMatrixSays: the role × action matrix of a tenant, its own and another's (ORG-06).
func TestTenantRolesAllowWhatTheMatrixSays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		people := map[access.TenantRole]audit.Actor{access.GlobalAdministrator: w.greta, "": w.dario}
		for _, role := range []access.TenantRole{access.BillingAdministrator, access.DomainAdministrator} {
			address := string(role) + "@alba.example"
			people[role] = w.Person(address, "Ada", "Neri")
			if err := w.Service.Give(t.Context(), w.greta, w.alba.ID, address, role); err != nil {
				t.Fatal(err)
			}
		}
		for action, may := range map[access.Action]string{
			access.SeeTenant: "global_administrator billing_administrator domain_administrator", access.ManageTenant: "global_administrator",
			access.ManageDomains: "global_administrator domain_administrator", access.ManageSignUp: "domain_administrator",
		} {
			for role, who := range people {
				for _, tenant := range []tenants.Tenant{w.alba, w.borealis} {
					err := w.Access.Read(t.Context(), who, func(_ *db.Tx, g *access.Gate) error { return g.InTenant(action, tenant.ID) })
					if want := role != "" && tenant.ID == w.alba.ID && strings.Contains(may, string(role)); want != (err == nil) || !want && errs.CodeOf(err) != "access.tenant_role" {
						t.Errorf("%q may %s in %s: %v", role, action, tenant.Name, err)
					}
				}
			}
		}
		list, err := w.Mine(t.Context(), people[access.BillingAdministrator])
		if err != nil || len(list) != 1 || list[0].ID != w.alba.ID {
			t.Errorf("mine: %v, %v", list, err)
		}
	})
}

// TestTenantRolesAndLicensingRolesAreIndependent (ORG-07).
func TestTenantRolesAndLicensingRolesAreIndependent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		wants(t, "the Global Administrator and a Licensing ID", w.May(w.greta, access.SeeLicensingID, "E-1001"), "licensing_ids.unknown")
		_, err := w.Get(t.Context(), w.Anna, w.alba.ID)
		wants(t, "the Administrator and the tenant", err, "access.tenant_role")
	})
}

// TestATenantKeepsAGlobalAdministrator, also when two of them take each other's role at the same moment.
func TestATenantKeepsAGlobalAdministrator(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		first := w.alba.Administrators[0].ID
		wants(t, "the only one", w.Service.Take(t.Context(), w.greta, w.alba.ID, first), "tenants.last_administrator")
		if err := w.Service.Give(t.Context(), w.greta, w.alba.ID, "new@alba.example", access.GlobalAdministrator); err != nil {
			t.Fatal(err)
		}
		wants(t, "the only one who can sign in", w.Service.Take(t.Context(), w.greta, w.alba.ID, first), "tenants.last_administrator")
		wants(t, "twice", w.Service.Give(t.Context(), w.greta, w.alba.ID, "new@alba.example", access.GlobalAdministrator), "tenants.role_held")
		newcomer := w.Person("new@alba.example", "Nora", "Sala")
		seen, err := w.Get(t.Context(), newcomer, w.alba.ID)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		results := make([]error, 2)
		wg.Go(func() { results[0] = w.Service.Take(t.Context(), newcomer, w.alba.ID, first) })
		wg.Go(func() { results[1] = w.Service.Take(t.Context(), w.greta, w.alba.ID, seen.Administrators[1].ID) })
		wg.Wait()
		if codes := fmt.Sprint(errs.CodeOf(results[0]), errs.CodeOf(results[1])); (results[0] == nil) == (results[1] == nil) {
			t.Errorf("both or neither: %s", codes)
		}
	})
}

// TestADomainIsVerifiedByOneTenantOnly, by what the DNS says (ORG-05).
func TestADomainIsVerifiedByOneTenantOnly(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		wants(t, "without a record", w.VerifyDomain(t.Context(), w.greta, w.alba.ID, "alba.example"), "tenants.domain_unproven")
		if p := w.policy(t, "x@alba.example"); p.Tenant != "" {
			t.Errorf("a domain that is not verified counts: %+v", p)
		}
		wants(t, "no domain of the tenant", w.VerifyDomain(t.Context(), w.greta, w.alba.ID, "borealis.example"), "tenants.domain_unknown")
		for range 2 {
			if err := w.verify(t, w.greta, w.alba, "alba.example"); err != nil {
				t.Fatal(err)
			}
		}
		if p := w.policy(t, "x@alba.example"); p.Tenant != w.alba.ID || p.Country != "IT" || !p.SelfService {
			t.Errorf("policy %+v", p)
		}
		wants(t, "known", w.AddDomain(t.Context(), w.greta, w.alba.ID, "ALBA.example"), "tenants.domain_known")
		wants(t, "no domain", w.AddDomain(t.Context(), w.greta, w.alba.ID, "alba"), "tenants.domain")
		if err := w.AddDomain(t.Context(), w.gino, w.borealis.ID, "alba.example"); err != nil {
			t.Fatal(err)
		}
		wants(t, "another's, with a proof", w.verify(t, w.gino, w.borealis, "alba.example"), "tenants.domain_elsewhere")
		wants(t, "another's, without", w.VerifyDomain(t.Context(), w.gino, w.alba.ID, "alba.example"), "access.tenant_role")
		if err := w.RemoveDomain(t.Context(), w.greta, w.alba.ID, "alba.example"); err != nil {
			t.Fatal(err)
		}
		if err := w.verify(t, w.gino, w.borealis, "alba.example"); err != nil {
			t.Errorf("a domain that was given up: %v", err)
		}
	})
}

// TestSignUpControlsWorkAtOnce, each way, and in the hands of the Domain administrator alone (ERR-07).
func TestSignUpControlsWorkAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		wants(t, "the Global Administrator", w.SetSignUp(t.Context(), w.greta, w.alba.ID, false), "access.tenant_role")
		if err := w.Service.Give(t.Context(), w.greta, w.alba.ID, "dario@alba.example", access.DomainAdministrator); err != nil {
			t.Fatal(err)
		}
		wants(t, "a domain that is not verified", w.SetControls(t.Context(), w.dario, w.alba.ID, "alba.example", tenants.Controls{Restricted: true}), "tenants.domain_unverified")
		if err := w.verify(t, w.dario, w.alba, "alba.example"); err != nil {
			t.Fatal(err)
		}
		for _, on := range []bool{false, true} {
			if err := w.SetSignUp(t.Context(), w.dario, w.alba.ID, on); err != nil {
				t.Fatal(err)
			}
			if p := w.policy(t, "x@alba.example"); p.SelfService != on {
				t.Errorf("self-service %v: %+v", on, p)
			}
		}
		for _, c := range []tenants.Controls{{Restricted: true}, {Managed: true}, {}} {
			if err := w.SetControls(t.Context(), w.dario, w.alba.ID, "alba.example", c); err != nil {
				t.Fatal(err)
			}
			if p := w.policy(t, "x@alba.example"); p.Controls != c {
				t.Errorf("%+v: %+v", c, p)
			}
		}
		wants(t, "another tenant's", w.SetSignUp(t.Context(), w.dario, w.borealis.ID, false), "access.tenant_role")
	})
}
