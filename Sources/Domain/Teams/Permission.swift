/// What somebody may do; each route names one. This is the whole table.
package enum Permission: String, Sendable, CaseIterable {
    case selfRead = "self.read"
    case selfEdit = "self.edit"
    case siteRead = "site.read"
    case siteEdit = "site.edit"
    case userRead = "user.read"
    case userEdit = "user.edit"
    case teamRead = "team.read"
    case teamCreate = "team.create"
    case teamEdit = "team.edit"
    case memberRead = "member.read"
    case memberEdit = "member.edit"
    case applicationRead = "application.read"
    case applicationEdit = "application.edit"
    case instanceRead = "instance.read"
    case instanceCreate = "instance.create"
    case instanceEdit = "instance.edit"
    case instanceDelete = "instance.delete"
    case instanceControl = "instance.control"
    case instanceEnvironment = "instance.environment"
    case flowsRead = "flows.read"
    case flowsEdit = "flows.edit"
    case filesRead = "files.read"
    case filesEdit = "files.edit"
    case pagesOpen = "pages.open"
    case versionRead = "version.read"
    case snapshotRead = "snapshot.read"
    case snapshotEdit = "snapshot.edit"
    case testsRead = "tests.read"
    case testsEdit = "tests.edit"
    case deviceRead = "device.read"
    case deviceEdit = "device.edit"
    case deviceControl = "device.control"
    case deviceDelete = "device.delete"
    case deviceEnrol = "device.enrol"
    case rolloutRead = "rollout.read"
    case rolloutEdit = "rollout.edit"
    case brokerRead = "broker.read"
    case brokerEdit = "broker.edit"
    case stackRead = "stack.read"
    case stackEdit = "stack.edit"
    case auditRead = "audit.read"
    case alarmRead = "alarm.read"
    case alarmAcknowledge = "alarm.acknowledge"

    package var description: String { rule.description }

    /// `nil`: whoever is signed in.
    package var lowestRole: Role? { rule.lowest }

    /// Whether a read-only token may use it.
    package var isReading: Bool { rule.reading }

    private var rule: (lowest: Role?, reading: Bool, description: String) {
        switch self {
        case .selfRead: (nil, true, "See one's own account, sessions and tokens")
        case .selfEdit: (nil, false, "Change one's own account, sessions and tokens")
        case .siteRead: (.administrator, true, "See the settings of the site")
        case .siteEdit: (.administrator, false, "Change the settings of the site")
        case .userRead: (.administrator, true, "List users, invitations and their grants")
        case .userEdit: (.administrator, false, "Create, change and remove users")
        case .teamRead: (.viewer, true, "See a team")
        case .teamCreate: (.administrator, false, "Create a team")
        case .teamEdit: (.owner, false, "Rename or remove a team")
        case .memberRead: (.viewer, true, "See who has a role")
        case .memberEdit: (.owner, false, "Give and take roles, up to one's own")
        case .applicationRead: (.viewer, true, "See an application")
        case .applicationEdit: (.owner, false, "Create, change and remove applications")
        case .instanceRead: (.viewer, true, "See an instance, its log and its resources")
        case .instanceCreate: (.member, false, "Create an instance")
        case .instanceEdit: (.member, false, "Change the settings of an instance")
        case .instanceDelete: (.owner, false, "Delete an instance")
        case .instanceControl: (.member, false, "Start, stop and restart an instance")
        case .instanceEnvironment: (.member, false, "Read and write environment variables")
        case .flowsRead: (.viewer, true, "Read flows; open the editor without deploying")
        case .flowsEdit: (.member, false, "Deploy and restore flows")
        case .filesRead: (.viewer, true, "List and download files of an instance")
        case .filesEdit: (.member, false, "Upload, move and remove files of an instance")
        case .pagesOpen: (.dashboard, true, "Open the pages that an instance serves")
        case .versionRead: (.viewer, true, "List and download versions")
        case .snapshotRead: (.viewer, true, "List and download snapshots")
        case .snapshotEdit: (.member, false, "Make, change and remove snapshots")
        case .testsRead: (.viewer, true, "See the tests of flows and what came of them")
        case .testsEdit: (.member, false, "Make, change, remove and run tests of flows")
        case .deviceRead: (.viewer, true, "See a device, its log and its resources")
        case .deviceEdit: (.member, false, "Add devices and change their settings")
        case .deviceControl: (.member, false, "Start, stop and restart a device, work on it")
        case .deviceDelete: (.owner, false, "Delete a device")
        case .deviceEnrol: (.member, false, "Let devices in, and take that back")
        case .rolloutRead: (.viewer, true, "See device groups, deployments and windows")
        case .rolloutEdit: (.member, false, "Make device groups and bring snapshots to devices")
        case .brokerRead: (.member, true, "See the broker and its gateways and PLCs")
        case .brokerEdit: (.owner, false, "Add, change and remove gateways and PLCs at the broker")
        case .stackRead: (nil, true, "List stacks and recipes")
        case .stackEdit: (.administrator, false, "Add and remove stacks")
        case .auditRead: (.owner, true, "Read the audit events")
        case .alarmRead: (.viewer, true, "See alarms")
        case .alarmAcknowledge: (.member, false, "Acknowledge alarms")
        }
    }
}
