package notify

// The events that tell somebody what happened to the ways in which they sign in. Params: name (may be empty), at (Instant), link (to the page
// that looks after it).
const (
	TwoStepOn    = "two_step_on"
	TwoStepOff   = "two_step_off"
	RecoveryUsed = "recovery_used"
	RecoveryNew  = "recovery_new"

	PasskeyAdded   = "passkey_added"
	PasskeyRemoved = "passkey_removed"

	DeviceAllowed = "device_allowed"
)

// wayInEvents returns all of these.
func wayInEvents() []string {
	return []string{TwoStepOn, TwoStepOff, RecoveryUsed, RecoveryNew, PasskeyAdded, PasskeyRemoved, DeviceAllowed}
}
