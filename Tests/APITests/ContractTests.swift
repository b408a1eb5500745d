import Basics
import Domain
import FoundationEssentials
import Site
import Store
import Testing

@testable import API

/// The fixtures of `web/contract`, against which the page is type-checked: what we send has the
/// same shape, and for the views of people and teams the same bytes' worth.
@Suite("Contract with the page") struct ContractTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "web/contract")

    /// By the first word of the file's name.
    private static let schemas: [String: Schema] = [
        "alarm": AlarmView.schema, "application": ApplicationView.schema,
        "comparison": ComparisonView.schema, "flow-test": FlowTestView.schema,
        "flow-test-run": FlowTestRunView.schema,
        "device": DeviceView.schema, "devices": PageView<DeviceView>.schema,
        "device-import": DeviceImportView.schema, "enrolment": EnrolmentView.schema,
        "enrolment-token": EnrolmentTokenView.schema,
        "new-enrolment-token": NewTokenView.schema, "device-settings": DeviceSettingsView.schema,
        "audit-event": AuditEventView.schema, "environment": EnvironmentView.schema,
        "file": FileItemView.schema, "file-list": FileListView.schema,
        "site-certificates": CertificatesView.schema, "broker": BrokerView.schema,
        "broker-client": BrokerClientView.schema, "device-override": OverrideView.schema,
        "deployment": DeploymentView.schema,
        "deployment-devices": PageView<DeploymentDeviceView>.schema,
        "device-group": DeviceGroupView.schema,
        "maintenance-window": MaintenanceWindowView.schema,
        "window-preview": WindowPreviewView.schema,
        "grant": GrantView.schema, "handover": CodeView.schema, "health": HealthView.schema,
        "instance": InstanceView.schema, "invitation": InvitationView.schema,
        "invitation-offer": InvitationOfferView.schema, "log-page": LogPageView.schema,
        "log-record": LogRecordView.schema, "overview": OverviewView.schema,
        "page-token": PageTokenView.schema, "problem": Self.problem, "recipe": RecipeView.schema,
        "resource-sample": ResourceSampleView.schema, "restore-result": RestoreView.schema,
        "search-item": SearchHitView.schema, "session": SessionView.schema,
        "signed-in": SignedInView.schema, "site": SiteView.schema,
        "snapshot": SnapshotView.schema, "stack": StackView.schema, "team": TeamView.schema,
        "token": TokenView.schema, "user": UserView.schema, "version": VersionView.schema,
        "version-file": VersionFileView.schema,
    ]

    private static let problem = Schema.object(
        "Problem",
        [
            .field("type", .text), .field("title", .text), .field("status", .integer),
            .field("detail", .optional(.text)), .field("instance", .optional(.text)),
            .field("fields", .map(.text), optional: true),
        ])

    private static func fixtures() throws -> [String] {
        try Files.list(folder.path(percentEncoded: false)).filter { $0.hasSuffix(".json") }
    }

    private static func fixture(_ name: String) throws -> JSONValue {
        try JSONReader.read(
            try Files.read(folder.appending(path: name).path(percentEncoded: false)))
    }

    @Test("Every fixture has the shape that the API describes")
    func shapes() throws {
        for name in try Self.fixtures() {
            let word = String(name.split(separator: ".")[0])
            let schema = try #require(Self.schemas[word], "no view for \(name)")
            #expect(schema.faults(in: try Self.fixture(name)) == [], "\(name)")
        }
    }

    private func same(_ view: some JSONWritable, _ name: String) throws {
        let ours = try JSONReader.read(view.json)
        let theirs = try Self.fixture(name)
        #expect(ours == theirs, "\(name): \(String(decoding: ours.json, as: UTF8.self))")
    }

    private func time(_ text: String) throws -> Timestamp {
        try #require(Timestamp(rfc3339: text))
    }

    private func anna() throws -> UserView {
        let user = User(
            id: try #require(User.ID("uuuuuuuuuuuuuuuuuu01")),
            username: Username(stored: "a.keller"), name: PersonName(stored: "Anna Keller"),
            email: "a.keller@plant.local", language: .german, theme: .system,
            createdAt: try time("2026-10-01T07:00:00.000Z"),
            lastSeenAt: try time("2026-11-21T08:15:30.250Z"))
        return UserView(user: user, grants: [try grant(user.id)])
    }

    private func grant(_ user: User.ID) throws -> Grant {
        let id = try #require(Grant.ID("gggggggggggggggggg01"))
        let team = try #require(Team.ID("tttttttttttttttttt01"))
        return try #require(
            Grant(id: id, userID: user, scope: .team(team), role: .member, scopeName: "Plant 1"))
    }

    @Test("People, grants and sessions are sent as the page expects them")
    func people() throws {
        let view = try anna()
        try same(view, "user.json")
        try same(
            SignedInView(user: view, csrf: "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE"),
            "signed-in.json")
        try same(GrantView(grant: view.grants[0]), "grant.json")
        let session = Session(
            id: try #require(Session.ID("ssssssssssssssssss01")), userID: view.user.id,
            createdAt: try time("2026-11-20T06:00:00.000Z"),
            lastSeenAt: try time("2026-11-21T08:15:30.250Z"),
            expiresAt: try time("2026-12-20T06:00:00.000Z"),
            absoluteExpiresAt: try time("2026-12-20T06:00:00.000Z"), address: "10.20.4.18",
            agent: try #require(try Self.fixture("session.json")["agent"]?.string))
        try same(SessionView(session: session, isCurrent: true), "session.json")
        let token = PersonalToken(
            id: try #require(PersonalToken.ID("kkkkkkkkkkkkkkkkkk01")), userID: view.user.id,
            name: Name(stored: "historian export"), readOnly: true, scope: .site,
            createdAt: try time("2026-11-01T10:00:00.000Z"),
            expiresAt: try time("2027-02-01T10:00:00.000Z"))
        try same(TokenView(token: token), "token.json")
        try same(
            TokenView(token: token, secret: "lsp_Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE"),
            "token.created.json")
    }

    @Test("Teams, applications, audit events and alarms are sent as the page expects them")
    func things() throws {
        let team = Team(
            id: try #require(Team.ID("tttttttttttttttttt01")),
            organizationID: try #require(Organization.ID("oooooooooooooooooo01")),
            name: Name(stored: "Plant 1"), slug: Slug(stored: "plant-1"),
            createdAt: try time("2026-10-01T07:00:00.000Z"),
            counts: Team.Counts(applications: 2, instances: 5))
        try same(TeamView(team: team, role: .owner), "team.json")
        let application = Application(
            id: try #require(Application.ID("aaaaaaaaaaaaaaaaaa01")), teamID: team.id,
            name: Name(stored: "Filling"), description: Note(stored: "Lines 1 to 3"),
            createdAt: try time("2026-10-02T07:00:00.000Z"), instanceCount: 3)
        try same(ApplicationView(application: application), "application.json")
        let entry = AuditEntry(
            id: try #require(AuditEntry.ID("dddddddddddddddddd01")), sequence: 1,
            at: try time("2026-11-21T08:15:30.250Z"), actorType: "user",
            actorID: "uuuuuuuuuuuuuuuuuu01", actorName: "a.keller", address: "10.20.4.18",
            event: AuditEvent(
                kind: "instance.changed",
                object: ObjectReference(
                    type: "instance", id: "iiiiiiiiiiiiiiiiii01", name: "Press OEE"),
                teamID: team.id, before: Array(#"{"memoryLimitMB":256}"#.utf8),
                after: Array(#"{"memoryLimitMB":512}"#.utf8), text: "Changed instance Press OEE"))
        try same(AuditEventView(entry: entry), "audit-event.json")
    }

    @Test("A device and its settings are sent as the page expects them")
    func devices() throws {
        var device = Device(
            id: try #require(Device.ID("vvvvvvvvvvvvvvvvvv01")),
            organizationID: try #require(Organization.ID("oooooooooooooooooo01")),
            teamID: try #require(Team.ID("tttttttttttttttttt01")),
            applicationID: Application.ID("aaaaaaaaaaaaaaaaaa01"), groupID: nil,
            name: Name(stored: "Press 7"), type: "press controller",
            tags: [DeviceTag(stored: "line=3"), DeviceTag(stored: "press")], agent: .lineside,
            mode: .autonomous, desiredState: .running, targetSnapshotID: nil, stackID: nil,
            revision: 12, settings: DeviceSettings(),
            createdAt: try time("2026-10-02T08:00:00.000Z"))
        let snapshot = try #require(Snapshot.ID("nnnnnnnnnnnnnnnnnn01"))
        let running = DeviceSurroundings.SnapshotName(id: snapshot, name: "Shift 3")
        var facts = DeviceFacts()
        facts.isConnected = true
        facts.lastSeenAt = try time("2026-11-21T08:15:30.250Z")
        facts.address = "10.20.7.41"
        facts.state = "running"
        facts.snapshotID = snapshot
        facts.revision = 12
        facts.agentVersion = "0.1.0"
        facts.nodeVersion = "20.19.1"
        facts.nodeREDVersion = "4.1.3"
        facts.architecture = "x64"
        try same(
            DeviceView(
                device: device, facts: facts, target: running, running: running,
                certificate: .init(
                    serial: "4f2a9c0011223344", notAfter: try time("2028-11-21T00:00:00.000Z"),
                    revokedAt: nil)), "device.json")
        device.settings.localLogin = .init(name: "fitter", passwordHash: "$2b$10$x")
        device.settings.timeZone = TimeZoneName(stored: "Europe/Berlin")
        try same(
            DeviceSettingsView(settings: device.settings, stackID: nil), "device-settings.json")
    }
}
