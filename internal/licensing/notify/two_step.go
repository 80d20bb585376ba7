package notify

// The events that tell somebody what happened to the ways in which they sign in. Params: name (may be empty), at (Instant), link (to the page
// that looks after it).
const (
	TwoStepOn    = "two_step_on"
	TwoStepOff   = "two_step_off"
	RecoveryUsed = "recovery_used"

	PasskeyAdded   = "passkey_added"
	PasskeyRemoved = "passkey_removed"
)
