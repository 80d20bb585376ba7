package entitlements

// Role is the part an order line plays in a number.
type Role string

// The roles.
const (
	RoleBase         Role = "base"
	RoleCoverage     Role = "coverage"
	RoleUpgrade      Role = "upgrade"
	RoleStepUp       Role = "step-up"
	RoleSubscription Role = "subscription"
	RoleGrant        Role = "grant"
	RoleUnresolved   Role = "unresolved"
)

// Rule names the rule that placed a quantity. Its text is a stable code that faces translate.
type Rule uint8

// The rules.
const (
	BaseVersionOnLine     Rule = iota + 1 // license in the version its line names
	BaseNewestReleased                    // license in the newest version released by its effective date
	BaseFirstVersion                      // license of a product of which nothing was released yet
	CoverageWithLicense                   // coverage that came with the license
	CoverageRenewal                       // coverage of licenses that had one before or have one later
	CoverageFirst                         // coverage of licenses without any
	CoverageStepUp                        // coverage that came with the step-up
	UpgradeNotCovered                     // upgrade of licenses not covered on that day, which go first
	UpgradeCovered                        // upgrade of covered licenses
	StepUpTaken                           // covered licenses of another product became this one
	SubscriptionNewest                    // subscription in the newest version released
	SubscriptionFirst                     // subscription to a product of which nothing was released yet
	GrantOffer                            // grant of an offer
	GrantConditionalOffer                 // grant of an offer that holds while the line is covered
	UnresolvedCoverage                    // coverage without a license it can cover
	UnresolvedUpgrade                     // upgrade without a license of an older version
	UnresolvedStepUp                      // step-up without a covered license
)

// Rules lists all rules in the order above.
func Rules() []Rule {
	var all []Rule
	for r := BaseVersionOnLine; r <= UnresolvedStepUp; r++ {
		all = append(all, r)
	}
	return all
}

// String returns the code of the rule.
func (r Rule) String() string {
	switch r {
	case BaseVersionOnLine:
		return "base.version_on_line"
	case BaseNewestReleased:
		return "base.newest_released"
	case BaseFirstVersion:
		return "base.first_version"
	case CoverageWithLicense:
		return "coverage.with_license"
	case CoverageRenewal:
		return "coverage.renewal"
	case CoverageFirst:
		return "coverage.first"
	case CoverageStepUp:
		return "coverage.step_up"
	case UpgradeNotCovered:
		return "upgrade.not_covered"
	case UpgradeCovered:
		return "upgrade.covered"
	case StepUpTaken:
		return "step_up"
	case SubscriptionNewest:
		return "subscription.newest_released"
	case SubscriptionFirst:
		return "subscription.first_version"
	case GrantOffer:
		return "grant"
	case GrantConditionalOffer:
		return "grant.conditional"
	case UnresolvedCoverage:
		return "unresolved.coverage"
	case UnresolvedUpgrade:
		return "unresolved.upgrade"
	case UnresolvedStepUp:
		return "unresolved.step_up"
	}
	return ""
}

// MarshalText writes the code of the rule.
func (r Rule) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Role returns the role of the lines that the rule placed.
func (r Rule) Role() Role {
	switch {
	case r <= BaseFirstVersion:
		return RoleBase
	case r <= CoverageStepUp:
		return RoleCoverage
	case r <= UpgradeCovered:
		return RoleUpgrade
	case r == StepUpTaken:
		return RoleStepUp
	case r <= SubscriptionFirst:
		return RoleSubscription
	case r <= GrantConditionalOffer:
		return RoleGrant
	}
	return RoleUnresolved
}
