import Domain

/// Who may call what, written down a second time and by hand: a route that is not here, or whose
/// permission gives more or less than this, fails.
enum RouteRules {
    struct Rule {
        let method: String
        let pattern: String
        let audience: Audience
        /// A read-only token may.
        let reads: Bool
    }

    enum Audience: Equatable {
        case anybody
        /// Whoever is signed in; what they see is the handler's to cut.
        case signedIn
        /// From this role on, where the path lies.
        case from(Role)
        /// The agent of a device, and nobody else.
        case device
    }

    /// `r` reads, `w` writes.
    private static let table = """
        anybody       r GET    health
        anybody       r GET    openapi.json
        anybody       r GET    live
        anybody       w POST   setup
        anybody       w POST   session
        anybody       w POST   session/renew
        anybody       r GET    invitations/{secret}
        anybody       w POST   invitations/{secret}
        signedIn      r DELETE session
        signedIn      r GET    user
        signedIn      w PATCH  user
        signedIn      w POST   user/password
        signedIn      r GET    user/sessions
        signedIn      w DELETE user/sessions/{session}
        signedIn      r GET    user/tokens
        signedIn      w POST   user/tokens
        signedIn      w DELETE user/tokens/{token}
        administrator r GET    users
        administrator w POST   users
        administrator r GET    users/{user}
        administrator w PATCH  users/{user}
        administrator w DELETE users/{user}
        administrator w POST   users/{user}/password
        administrator r GET    invitations
        administrator w POST   invitations
        administrator w DELETE invitations/{invitation}
        signedIn      r GET    grants
        signedIn      w POST   grants
        owner         w DELETE grants/{grant}
        administrator r GET    site
        administrator w PATCH  site
        administrator r GET    site/retention
        administrator w PATCH  site/retention
        administrator r GET    site/vault
        administrator w POST   site/clock/confirm
        administrator r GET    site/certificates
        administrator w PUT    site/certificates/server
        administrator w DELETE site/certificates/server
        administrator w POST   site/certificates/authority-request
        administrator w PUT    site/certificates/authority
        administrator w DELETE site/certificates/authority
        anybody       r GET    site/certificates/authority.pem
        anybody       r GET    site/certificates/revoked.pem
        administrator w POST   site/certificates/recovery-kit
        signedIn      r GET    teams
        administrator w POST   teams
        viewer        r GET    teams/{team}
        owner         w PATCH  teams/{team}
        owner         w DELETE teams/{team}
        viewer        r GET    teams/{team}/members
        signedIn      r GET    teams/{team}/applications
        owner         w POST   teams/{team}/applications
        viewer        r GET    applications/{application}
        owner         w PATCH  applications/{application}
        owner         w DELETE applications/{application}
        signedIn      r GET    instances
        viewer        r GET    applications/{application}/instances
        member        w POST   applications/{application}/instances
        viewer        r GET    instances/{instance}
        member        w PATCH  instances/{instance}
        owner         w DELETE instances/{instance}
        member        w POST   instances/{instance}/actions
        member        w GET    instances/{instance}/environment
        member        w PUT    instances/{instance}/environment
        viewer        r GET    instances/{instance}/logs
        viewer        r GET    instances/{instance}/logs/download
        viewer        r GET    instances/{instance}/resources
        viewer        r GET    instances/{instance}/versions
        viewer        r GET    instances/{instance}/versions/{version}
        member        w PATCH  instances/{instance}/versions/{version}
        viewer        r GET    instances/{instance}/versions/{version}/download
        viewer        r GET    instances/{instance}/versions/{version}/flows
        viewer        r GET    instances/{instance}/versions/{version}/files
        viewer        r GET    instances/{instance}/versions/{version}/files/content
        viewer        r GET    instances/{instance}/files
        viewer        r GET    instances/{instance}/files/content
        member        w PUT    instances/{instance}/files/content
        member        w DELETE instances/{instance}/files/content
        member        w POST   instances/{instance}/files/folders
        member        w POST   instances/{instance}/files/move
        viewer        r GET    instances/{instance}/snapshots
        member        w POST   instances/{instance}/snapshots
        viewer        r GET    instances/{instance}/flows
        member        w PUT    instances/{instance}/flows
        member        w POST   instances/{instance}/restore
        viewer        r POST   instances/{instance}/editor
        dashboard     r POST   instances/{instance}/pages
        member        w GET    instances/{instance}/page-tokens
        member        w POST   instances/{instance}/page-tokens
        member        w DELETE instances/{instance}/page-tokens/{token}
        viewer        r GET    instances/{instance}/tests
        member        w POST   instances/{instance}/tests
        viewer        r GET    instances/{instance}/tests/{test}
        member        w PUT    instances/{instance}/tests/{test}
        member        w DELETE instances/{instance}/tests/{test}
        viewer        r GET    instances/{instance}/test-runs
        member        w POST   instances/{instance}/test-runs
        viewer        r GET    instances/{instance}/test-runs/{run}
        member        w DELETE instances/{instance}/test-runs/{run}
        viewer        r GET    applications/{application}/snapshots
        member        w POST   applications/{application}/snapshots
        viewer        r GET    snapshots/{snapshot}
        member        w PATCH  snapshots/{snapshot}
        member        w DELETE snapshots/{snapshot}
        viewer        r GET    snapshots/{snapshot}/download
        viewer        r GET    snapshots/{snapshot}/flows
        signedIn      r GET    devices
        anybody       w POST   devices
        anybody       w POST   devices/
        anybody       w POST   devices/_/register
        anybody       r GET    devices/_/register/done/{secret}
        anybody       r GET    settings
        anybody       r GET    settings/
        anybody       r GET    /.well-known/est/cacerts
        anybody       w POST   /.well-known/est/simpleenroll
        anybody       w POST   /.well-known/est/simplereenroll
        anybody       w POST   /.well-known/lineside/hello
        signedIn      w GET    enrolment-tokens
        signedIn      w POST   enrolment-tokens
        signedIn      w DELETE enrolment-tokens/{token}
        signedIn      w GET    enrolments
        signedIn      w POST   enrolments/{enrolment}/approve
        signedIn      w POST   enrolments/{enrolment}/refuse
        signedIn      w POST   enrolment-requests
        member        w POST   devices/{device}/re-enrol
        member        w POST   devices/{device}/revoke
        member        w POST   devices/{device}/credentials
        administrator r GET    site/enrolment
        administrator w PATCH  site/enrolment
        signedIn      w POST   device-imports
        viewer        r GET    devices/{device}
        member        w PATCH  devices/{device}
        owner         w DELETE devices/{device}
        viewer        r GET    devices/{device}/override
        member        w POST   devices/{device}/override
        member        w DELETE devices/{device}/override
        member        w POST   devices/{device}/override/approve
        viewer        r POST   devices/{device}/editor-session
        dashboard     r POST   devices/{device}/pages-session
        anybody       r GET    devices/{device}/editor/comms/{token}
        anybody       r GET    /api/agent/v1/tunnel/{token}
        viewer        r GET    devices/{device}/settings
        member        w PATCH  devices/{device}/settings
        member        w GET    devices/{device}/environment
        member        w PUT    devices/{device}/environment
        signedIn      r GET    broker
        signedIn      r GET    broker/clients
        signedIn      w POST   broker/clients
        signedIn      r GET    broker/clients/{client}
        signedIn      w PATCH  broker/clients/{client}
        signedIn      w DELETE broker/clients/{client}
        signedIn      w POST   broker/clients/{client}/password
        signedIn      r GET    device-groups
        signedIn      w POST   device-groups
        viewer        r GET    device-groups/{group}
        member        w PATCH  device-groups/{group}
        member        w DELETE device-groups/{group}
        member        w PUT    device-groups/{group}/devices
        signedIn      r GET    deployments
        signedIn      w POST   deployments
        viewer        r GET    deployments/{deployment}
        viewer        r GET    deployments/{deployment}/devices
        member        w POST   deployments/{deployment}/approve
        member        w POST   deployments/{deployment}/pause
        member        w POST   deployments/{deployment}/resume
        member        w POST   deployments/{deployment}/cancel
        member        w POST   deployments/{deployment}/retry-failed
        member        w POST   deployments/{deployment}/return-updated
        signedIn      r GET    maintenance-windows
        signedIn      w POST   maintenance-windows
        viewer        r GET    maintenance-windows/{window}
        member        w PATCH  maintenance-windows/{window}
        member        w DELETE maintenance-windows/{window}
        viewer        r GET    maintenance-windows/{window}/preview
        member        w POST   devices/{device}/commands
        member        w POST   devices/{device}/snapshots
        viewer        r GET    devices/{device}/logs
        viewer        r GET    devices/{device}/logs/download
        viewer        r GET    devices/{device}/resources
        device        w POST   devices/{device}/live/state
        device        r GET    devices/{device}/live/state
        device        r GET    devices/{device}/live/snapshot
        device        r GET    devices/{device}/live/settings
        anybody       r GET    devices/{device}/editor/token
        device        w POST   /logging/device/{device}/audit
        device        r GET    teams/{team}/projects
        device        w POST   teams/{team}/broker/client/{client}/link
        device        r GET    teams/{team}/databases
        device        r GET    flow-blueprints
        device        r GET    flow-blueprints/
        device        r GET    flow-blueprints/{blueprint}
        device        r GET    /storage/library/{team}/
        device        r GET    /storage/library/{team}/{path...}
        device        w POST   /storage/library/{team}/{path...}
        signedIn      r POST   comparisons
        signedIn      r GET    stacks
        administrator w POST   stacks
        signedIn      r GET    stacks/{stack}
        administrator w DELETE stacks/{stack}
        signedIn      r GET    recipes
        signedIn      r GET    recipes/{recipe}
        signedIn      r GET    recipes/{recipe}/flows
        signedIn      r GET    audit
        signedIn      r GET    audit/export
        signedIn      r GET    alarms
        member        w POST   alarms/{alarm}/acknowledge
        signedIn      r GET    overview
        signedIn      r GET    search
        device        r GET    /api/agent/v1/desired
        device        r GET    /api/agent/v1/contents/{digest}
        device        r POST   /api/agent/v1/chunks
        device        r POST   /api/agent/v1/records
        """

    static let all: [Rule] = table.split(separator: "\n").map { line in
        let words = line.split(separator: " ").map(String.init)
        let audience: Audience =
            switch words[0] {
            case "anybody": .anybody
            case "signedIn": .signedIn
            case "device": .device
            default: .from(Role(rawValue: words[0]) ?? .administrator)
            }
        return Rule(
            method: words[2],
            pattern: words[3].hasPrefix("/") ? words[3] : "/api/v1/\(words[3])", audience: audience,
            reads: words[1] == "r")
    }
}
