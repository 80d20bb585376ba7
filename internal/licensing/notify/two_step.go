package notify

// The events that tell somebody what happened to the second step of their sign-in. Params: name (may be empty), at (Instant), link (to the page
// that looks after it).
const (
	TwoStepOn    = "two_step_on"
	TwoStepOff   = "two_step_off"
	RecoveryUsed = "recovery_used"
)
