package cli

// globals are the flags that every command has.
type globals struct {
	Server    string `placeholder:"URL"`
	TokenFile string `placeholder:"FILE"`
	JSON      bool   `name:"json"`
	Lang      string `placeholder:"CODE" enum:"en,it," default:""`
	Config    string `placeholder:"FILE"`
	Help      bool   `short:"h"`
}

// root is the command line. The texts of its help are in the catalogs, under cli.help, cli.arg and cli.flag.
type root struct {
	globals

	Licenses struct {
		Summary      summaryCommand      `cmd:""`
		Relationship relationshipCommand `cmd:""`
	} `cmd:"" group:"use"`
	Keys struct {
		List        keysListCommand    `cmd:""`
		Reveal      revealCommand      `cmd:""`
		Export      exportCommand      `cmd:""`
		Generate    generateCommand    `cmd:""`
		Activations activationsCommand `cmd:""`
	} `cmd:"" group:"use"`
	Activate activateCommand `cmd:"" group:"use"`
	Verify   verifyCommand   `cmd:"" group:"use"`
	Roles    struct {
		List    rolesListCommand `cmd:""`
		Assign  assignCommand    `cmd:""`
		Revoke  revokeCommand    `cmd:""`
		Mine    mineCommand      `cmd:""`
		Drop    dropCommand      `cmd:""`
		Inherit inheritCommand   `cmd:""`
	} `cmd:"" group:"use"`
	Users struct {
		List   usersListCommand   `cmd:""`
		Show   usersShowCommand   `cmd:""`
		Add    usersAddCommand    `cmd:""`
		Change usersChangeCommand `cmd:""`
	} `cmd:"" group:"use"`
	Requests struct {
		List   requestsListCommand `cmd:""`
		Submit submitCommand       `cmd:""`
		Accept acceptCommand       `cmd:""`
		Deny   denyCommand         `cmd:""`
	} `cmd:"" group:"use"`
	OpenLicense struct {
		Add    openAddCommand    `cmd:""`
		List   openListCommand   `cmd:""`
		Deny   openDenyCommand   `cmd:""`
		Enable openEnableCommand `cmd:""`
	} `cmd:"" name:"open-license" group:"use"`
	Register struct {
		Start    registerStartCommand    `cmd:""`
		Again    registerAgainCommand    `cmd:""`
		Complete registerCompleteCommand `cmd:""`
	} `cmd:"" group:"use"`
	Join    joinCommand `cmd:"" group:"use"`
	Tenants struct {
		List         tenantsListCommand         `cmd:""`
		Show         tenantsShowCommand         `cmd:""`
		Create       tenantsCreateCommand       `cmd:""`
		Give         tenantsGiveCommand         `cmd:""`
		Take         tenantsTakeCommand         `cmd:""`
		AddDomain    tenantsAddDomainCommand    `cmd:""`
		VerifyDomain tenantsVerifyDomainCommand `cmd:""`
		RemoveDomain tenantsRemoveDomainCommand `cmd:""`
		Control      tenantsControlCommand      `cmd:""`
		SignUp       tenantsSignUpCommand       `cmd:""`
	} `cmd:"" group:"use"`
	SignIn   signInCommand  `cmd:"" group:"use"`
	SignOut  signOutCommand `cmd:"" group:"use"`
	Sessions struct {
		List sessionsListCommand `cmd:"" default:"1"`
		End  sessionsEndCommand  `cmd:""`
	} `cmd:"" group:"use"`

	Import      importCommand `cmd:"" group:"publish"`
	Invitations struct {
		Release releaseCommand `cmd:""`
	} `cmd:"" group:"publish"`
	Audit struct {
		List   auditListCommand   `cmd:""`
		Verify auditVerifyCommand `cmd:""`
	} `cmd:"" group:"publish"`
	Clock struct {
		Show    clockCommand   `cmd:"" default:"1"`
		Advance advanceCommand `cmd:""`
	} `cmd:"" group:"publish"`

	Init    initCommand    `cmd:"" group:"operate"`
	Serve   serveCommand   `cmd:"" group:"operate"`
	Migrate migrateCommand `cmd:"" group:"operate"`
	Backup  backupCommand  `cmd:"" group:"operate"`
	Restore restoreCommand `cmd:"" group:"operate"`
	Doctor  doctorCommand  `cmd:"" group:"operate"`

	Version    versionCommand    `cmd:"" group:"more"`
	Completion completionCommand `cmd:"" group:"more"`
}
