package notify

// TenantRoleGiven tells somebody of a role in a tenant (N04 when staff give it). Params: name (may be empty), tenant, organization,
// tenant_role (its code), email (that holds the role), link (to the tenant's pages).
const TenantRoleGiven = "tenant_role_given"

func tenantEvents() []string { return []string{TenantRoleGiven} }

// tenantForms returns the parameters of an event about tenants; nil for another.
func tenantForms(event string) map[string]form {
	if event == TenantRoleGiven {
		return map[string]form{"name": name, "tenant": text, "organization": text, "tenant_role": tenantRole, "email": text, "link": link}
	}
	return nil
}
