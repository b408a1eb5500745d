import API
import Basics
import Domain
import HTTP
import LinesideTesting
import Site
import Store
import Testing

@Suite("Users, teams, grants, audit, alarms") struct DirectoryRoutesTests {
    @Test("Users are made, changed, disabled and removed, and each leaves its event")
    func users() async throws {
        let house = try await HouseFixture()
        let factory = try await house.factory()
        let admin = try await house.token(of: factory.administrator)
        let made = try await house.call(
            .post, "users",
            JSONObject(
                texts: ("username", "ben"), ("password", HouseFixture.password), ("name", "Ben B."),
                ("email", "ben@plant.local")), as: admin)
        #expect(made.status == 201)
        let id = try #require(made.json["id"]?.string)
        #expect(made.headers[Header.location] == "/api/v1/users/\(id)")
        let ben = try await house.signIn("ben")
        let changed = try await house.call(
            .patch, "users/\(id)", JSONObject([("disabled", .bool(true)), ("email", .null)]),
            as: admin)
        #expect(changed.json["disabled"]?.bool == true)
        #expect(changed.json["email"]?.isNull == true)
        #expect(try await house.call(.get, "user", as: ben).status == 401)
        #expect(try await house.call(.get, "users", as: admin).json["count"]?.int == 2)
        #expect(try await house.call(.delete, "users/\(id)", as: admin).status == 204)
        #expect(try await house.call(.get, "users/\(id)", as: admin).status == 404)
        let last = try await house.call(
            .delete, "users/\(factory.administrator.id)", as: admin)
        #expect(last.status == 409)
        let events = try await house.call(.get, "audit?object=\(id)", as: admin)
        let kinds = events.json["items"]?.array?.compactMap { $0["kind"]?.string }
        #expect(kinds == ["user.removed", "user.changed", "session.created", "user.created"])
        #expect(!events.text.contains(HouseFixture.password))
        #expect(!events.text.contains("scrypt"))
        #expect(house.faults.all == [])
    }

    @Test(
        "An invalid field is named",
        arguments: [
            ("users", #"{"username":"x"}"#, "username"),
            ("users", #"{"username":"ben","email":"b"}"#, "email"),
            ("users", #"{"username":"ben","password":"short"}"#, "password"),
            ("teams", #"{"name":" "}"#, "name"),
            ("teams", "{}", "name"),
            ("grants", #"{"userId":"x","scope":"site","role":"viewer"}"#, "userId"),
        ])
    func invalid(path: String, body: String, field: String) async throws {
        let house = try await HouseFixture()
        let admin = try await house.token(of: try await house.factory().administrator)
        let object = try #require(try JSONReader.read(Array(body.utf8)).object)
        let answer = try await house.call(.post, path, object, as: admin)
        #expect(answer.status == 422)
        #expect(answer.json["fields"]?[field] != nil, "\(answer.text)")
    }

    @Test("An owner gives roles up to owner in the own team, and nothing elsewhere")
    func grants() async throws {
        let house = try await HouseFixture()
        let factory = try await house.factory()
        let other = try await factory.team("Press shop")
        let owner = try await factory.user("olga", [(.team(factory.team.id), .owner)])
        let ben = try await factory.user("ben")
        let olga = try await house.token(of: owner)
        func give(_ role: String, _ scope: String, _ id: String?) async throws
            -> HouseFixture.Answer
        {
            var body = JSONObject(
                texts: ("userId", ben.id.text), ("role", role), ("scope", scope))
            if let id { body["scopeId"] = .string(id) }
            return try await house.call(.post, "grants", body, as: olga)
        }
        let given = try await give("member", "team", factory.team.id.text)
        #expect(given.status == 201)
        #expect(try await give("owner", "application", factory.application.id.text).status == 201)
        #expect(try await give("viewer", "team", other.id.text).status == 404)
        #expect(try await give("viewer", "site", nil).status == 404)
        #expect(try await give("administrator", "site", nil).status == 404)
        #expect(try await give("administrator", "team", factory.team.id.text).status == 403)
        let members = try await house.call(.get, "teams/\(factory.team.id)/members", as: olga)
        #expect(members.json["count"]?.int == 2)
        let grant = try #require(given.json["id"]?.string)
        #expect(try await house.call(.delete, "grants/\(grant)", as: olga).status == 204)
        let site = try #require(
            try await house.stores.grants.list(of: factory.administrator.id).first)
        #expect(try await house.call(.delete, "grants/\(site.id)", as: olga).status == 403)
        #expect(house.faults.all == [])
    }

    @Test("An owner can't lower an administrator, who can always undo a lowering")
    func lowering() async throws {
        let house = try await HouseFixture()
        let factory = try await house.factory()
        let team = factory.team
        let olga = try await house.token(
            of: try await factory.user("olga", [(.team(team.id), .owner)]))
        let body = JSONObject(
            texts: ("userId", factory.administrator.id.text), ("scope", "team"),
            ("scopeId", team.id.text), ("role", "viewer"))
        #expect(try await house.call(.post, "grants", body, as: olga).status == 403)
        let anna = try await house.token(of: factory.administrator)
        let own = try await house.call(.post, "grants", body, as: anna)
        #expect(own.status == 201)
        #expect(try await house.call(.delete, "teams/\(team.id)", as: anna).status == 403)
        let id = try #require(own.json["id"]?.string)
        #expect(try await house.call(.delete, "grants/\(id)", as: anna).status == 204)
        #expect(try await house.call(.delete, "teams/\(team.id)", as: anna).status == 204)
    }

    @Test("A member can't raise the own role")
    func escalation() async throws {
        let house = try await HouseFixture()
        let factory = try await house.factory()
        let user = try await factory.user("mia", [(.team(factory.team.id), .member)])
        let mia = try await house.token(of: user)
        let answer = try await house.call(
            .post, "grants",
            JSONObject(
                texts: ("userId", user.id.text), ("scope", "application"),
                ("scopeId", factory.application.id.text), ("role", "owner")), as: mia)
        #expect(answer.status == 403)
    }

    @Test("Teams and applications show to those who have a role there")
    func visible() async throws {
        let house = try await HouseFixture()
        let factory = try await house.factory()
        let hidden = try await factory.team("Press shop")
        let second = try await factory.application("Second")
        let user = try await factory.user("vera", [(.application(second.id), .viewer)])
        let vera = try await house.token(of: user)
        let teams = try await house.call(.get, "teams", as: vera)
        #expect(
            teams.json["items"]?.array?.compactMap { $0["id"]?.string } == [factory.team.id.text])
        let list = try await house.call(.get, "teams/\(factory.team.id)/applications", as: vera)
        #expect(list.json["items"]?.array?.compactMap { $0["name"]?.string } == ["Second"])
        #expect(
            try await house.call(.get, "teams/\(hidden.id)/applications", as: vera).status == 404)
        #expect(try await house.call(.get, "teams/\(hidden.id)", as: vera).status == 404)
        #expect(try await house.call(.get, "applications/\(second.id)", as: vera).status == 200)
        #expect(
            try await house.call(.get, "applications/\(factory.application.id)", as: vera).status
                == 404)
        #expect(house.faults.all == [])
    }

    @Test("A team's life: created, renamed, filled, emptied, removed")
    func teams() async throws {
        let house = try await HouseFixture()
        let admin = try await house.token(of: try await house.factory().administrator)
        let made = try await house.call(
            .post, "teams", JSONObject(texts: ("name", "Press shop")), as: admin)
        #expect(made.status == 201)
        #expect(made.json["slug"]?.string == "press-shop")
        #expect(made.json["role"]?.string == "administrator")
        let id = try #require(made.json["id"]?.string)
        let twice = try await house.call(
            .post, "teams", JSONObject(texts: ("name", "press SHOP")), as: admin)
        #expect(twice.status == 409)
        let renamed = try await house.call(
            .patch, "teams/\(id)", JSONObject(texts: ("name", "Presses")), as: admin)
        #expect(renamed.json["name"]?.string == "Presses")
        let application = try await house.call(
            .post, "teams/\(id)/applications",
            JSONObject(texts: ("name", "Line 1"), ("description", "All of it")), as: admin)
        #expect(application.status == 201)
        let applicationID = try #require(application.json["id"]?.string)
        let changed = try await house.call(
            .patch, "applications/\(applicationID)", JSONObject(texts: ("name", "Line 2")),
            as: admin)
        #expect(changed.json["description"]?.string == "All of it")
        #expect(
            try await house.call(.delete, "applications/\(applicationID)", as: admin).status == 204)
        #expect(try await house.call(.delete, "teams/\(id)", as: admin).status == 204)
        #expect(try await house.call(.get, "teams/\(id)", as: admin).status == 404)
        #expect(house.faults.all == [])
    }

    @Test("Audit events: owners see their team's, members none, and the export is safe to open")
    func audit() async throws {
        let house = try await HouseFixture()
        let factory = try await house.factory()
        let admin = try await house.token(of: factory.administrator)
        let olga = try await house.token(
            of: try await factory.user("olga", [(.team(factory.team.id), .owner)]))
        let mia = try await house.token(
            of: try await factory.user("mia", [(.team(factory.team.id), .member)]))
        _ = try await factory.team("Other")
        _ = try await factory.application("=cmd|' /C calc'!A0")
        let all = try await house.call(.get, "audit?limit=200", as: admin)
        let hers = try await house.call(.get, "audit", as: olga)
        #expect(try await house.call(.get, "audit", as: mia).status == 403)
        #expect(all.json["count"]?.int ?? 0 > hers.json["count"]?.int ?? 0)
        let teams = Set(hers.json["items"]?.array?.compactMap { $0["teamId"]?.string } ?? [])
        #expect(teams == [factory.team.id.text])
        let request = try GatewayFixture.request(
            .get, "/api/v1/audit/export", port: 8443, admin.headers)
        guard case .stream(200, let headers, _, let write) = await house.dispatcher.answer(request)
        else {
            Issue.record("no stream")
            return
        }
        #expect(headers[Header.contentType]?.hasPrefix("text/csv") == true)
        let text = try await collect(write)
        #expect(text.hasPrefix("at,actorType,actor"))
        #expect(text.contains(",'=cmd|"))
        #expect(!text.contains(",=cmd"))
    }

    private func collect(
        _ write: @Sendable (ResponseWriter) async throws -> Void
    ) async throws -> String {
        let parts = PartList()
        try await write(ResponseWriter { bytes in parts.add(bytes) })
        return String(decoding: parts.bytes, as: UTF8.self)
    }

    @Test("Alarms are seen where one has a role, and acknowledged by members")
    func alarms() async throws {
        let house = try await HouseFixture()
        let factory = try await house.factory()
        let instance = try await factory.instance("OEE")
        let raised = try await house.stores.alarms.raise(
            .instanceCrashed, on: instance.reference, at: instance.path, text: "It crashed.")
        try await house.stores.alarms.raise(.siteDisk, on: .site, at: .site, text: "Full.")
        let vera = try await house.token(
            of: try await factory.user("vera", [(.team(factory.team.id), .viewer)]))
        let mia = try await house.token(
            of: try await factory.user("mia", [(.team(factory.team.id), .member)]))
        let admin = try await house.token(of: factory.administrator)
        #expect(try await house.call(.get, "alarms?open=true", as: vera).json["count"]?.int == 1)
        #expect(try await house.call(.get, "alarms?open=true", as: admin).json["count"]?.int == 2)
        let path = "alarms/\(raised.alarm.id)/acknowledge"
        #expect(try await house.call(.post, path, as: vera).status == 403)
        let listener = house.bus.subscribe("alarms")
        let answer = try await house.call(.post, path, as: mia)
        #expect(answer.json["acknowledgedBy"]?.string?.hasPrefix("mia") == true)
        #expect(await listener.next()?.payload == Array(answer.text.utf8))
        #expect(house.faults.all == [])
    }

    @Test("The description of the API is complete and every reference in it leads somewhere")
    func openAPI() async throws {
        let house = try await HouseFixture()
        let answer = try await house.call(.get, "openapi.json", as: .nobody)
        #expect(answer.status == 200)
        let paths = try #require(answer.json["paths"]?.object)
        #expect(Set(paths.members.map(\.key)) == Set(house.routes.map(\.pattern)))
        let schemas = Set(
            answer.json["components"]?["schemas"]?.object?.members.map(\.key) ?? [])
        for part in answer.text.split(separator: "#/components/schemas/").dropFirst() {
            #expect(schemas.contains(String(part.prefix { $0 != "\"" })))
        }
    }
}
