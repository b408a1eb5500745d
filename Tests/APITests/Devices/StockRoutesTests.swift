import API
import Basics
import Domain
import HTTP
import LinesideTesting
import Site
import Store
import Testing

/// What an unmodified agent sends before it is a device, to the letter.
@Suite("Stock agents come in", .timeLimit(.minutes(10))) struct StockRoutesTests {
    private func agent(_ bearer: String) -> HouseFixture.Client {
        HouseFixture.Client(headers: [
            (Header.authorization, "Bearer \(bearer)"),
            (Header.userAgent, "FlowFuse Device Agent v4.2.1"),
        ])
    }

    private func token(
        _ ground: DeviceHouse, _ kind: String, _ more: (String, JSONValue)...
    ) async throws -> HouseFixture.Answer {
        let made = try await ground.call(
            .post, "enrolment-tokens", JSONObject([("kind", .string(kind))] + more))
        #expect(made.status == 201, "\(made.text)")
        return made
    }

    @Test("A provisioning token makes a device of each agent, exactly with 200")
    func provisioning() async throws {
        let ground = try await DeviceHouse()
        let team = ground.factory.team.id.text
        let made = try await token(ground, "provisioning", ("uses", .number("2")))
        let secret = try #require(made.json["code"]?.string)
        #expect(secret.hasPrefix("ffadp_"))
        let file = try #require(made.json["deviceYml"]?.string)
        #expect(file.contains("provisioningToken: \(secret)\n"))
        #expect(file.contains("provisioningTeam: \(team)\n"))
        let body = JSONObject(
            texts: ("name", "box-1 (00:11)"), ("type", "Auto Provisioned"), ("team", team))
        let answer = try await ground.house.call(.post, "devices", body, as: agent(secret))
        #expect(answer.status == 200, "\(answer.text)")
        let id = try #require(answer.json["id"]?.string.flatMap(Device.ID.init))
        let credentials = try #require(answer.json["credentials"])
        let bearer = try #require(credentials["token"]?.string)
        #expect(bearer.hasPrefix("ffd_"))
        #expect(credentials["credentialSecret"]?.string?.utf8.count == 64)
        #expect(credentials["broker"]?["username"]?.string == "device:\(team):\(id)")
        #expect(credentials["broker"]?["url"]?.string == "wss://plant:8443")
        #expect(answer.json["team"]?["name"]?.string == ground.factory.team.name.text)
        let stores = ground.house.stores
        let device = try await stores.deviceSecrets.device(
            tokenHash: MachineSecret.hash(of: bearer))
        #expect(device?.id == id && device?.agent == .stock)
        let broker = try #require(credentials["broker"]?["password"]?.string)
        let kept = try await stores.deviceSecrets.find(id)
        #expect(kept?.brokerHash == MachineSecret.hash(of: broker))
        #expect(ground.news.all.contains("admitted \(id)"))
        var other = body
        other["team"] = .string("bbbbbbbbbbbbbbbbbbbb")
        #expect(
            try await ground.house.call(.post, "devices", other, as: agent(secret)).status == 401)
        #expect(
            try await ground.house.call(.post, "devices", body, as: agent(secret)).status == 200)
        #expect(
            try await ground.house.call(.post, "devices", body, as: agent(secret)).status == 401)
        #expect(
            try await ground.house.call(.post, "devices", body, as: agent("ffadp_wrong")).status
                == 401)
    }

    @Test("A one-time code is good once, as base64, behind a slash")
    func oneTime() async throws {
        let ground = try await DeviceHouse()
        let device = try await ground.factory.device("Oven 2")
        let made = try await token(
            ground, "one-time", ("deviceId", .string(device.id.text)))
        let code = try #require(made.json["code"]?.string)
        #expect(code.split(separator: "-").count == 3 && code.utf8.count >= 8)
        let bearer = Base64URL.encodeClassic(Array(code.utf8))
        let body = JSONObject([("setup", .bool(true)), ("agentHost", .string("oven"))])
        let answer = try await ground.house.call(
            .post, "/api/v1/devices/", body, as: agent(bearer))
        #expect(answer.status == 200, "\(answer.text)")
        #expect(answer.json["id"]?.string == device.id.text)
        #expect(answer.json["name"]?.string == "Oven 2")
        #expect(answer.json["meta"]?["ffVersion"]?.string == "2.33.2")
        let again = try await ground.house.call(
            .post, "/api/v1/devices/", body, as: agent(bearer))
        #expect(again.status == 401)
        let kinds = try await ground.house.stores.audit.list().items.map(\.event.kind)
        #expect(kinds.contains("enrolment.used"))
    }

    @Test("An agent registers by a page: pending, then a code for the device that a person added")
    func registration() async throws {
        let ground = try await DeviceHouse()
        let begun = try await ground.house.call(
            .post, "/api/v1/devices/_/register", as: .nobody)
        #expect(begun.status == 200)
        let page = try #require(begun.json["registerUrl"]?.string)
        let done = try #require(begun.json["doneUrl"]?.string)
        #expect(page.hasPrefix("/register/remote-instance/"))
        #expect(try await ground.house.call(.get, done, as: .nobody).status == 202)
        let session = try #require(page.split(separator: "/").last.map(String.init))
        let added = try await ground.call(
            .post, "devices",
            JSONObject(texts: ("name", "Press 7"), ("registrationSession", session)))
        #expect(added.status == 201, "\(added.text)")
        let answer = try await ground.house.call(.get, done, as: .nobody)
        #expect(answer.status == 200)
        #expect(answer.json["id"]?.string == added.json["id"]?.string)
        let code = try #require(answer.json["otc"]?.string)
        let joined = try await ground.house.call(
            .post, "/api/v1/devices/",
            JSONObject([("setup", .bool(true)), ("agentHost", .string("x"))]),
            as: agent(Base64URL.encodeClassic(Array(code.utf8))))
        #expect(joined.json["id"]?.string == added.json["id"]?.string)
        #expect(
            try await ground.house.call(
                .get, "/api/v1/devices/_/register/done/nothing", as: .nobody
            ).status == 404)
        let late = try await ground.call(
            .post, "devices", JSONObject(texts: ("name", "Y"), ("registrationSession", session)))
        #expect(late.status == 422)
    }

    @Test("Settings answer anybody, and the root answers an agent whatever page there is")
    func greetings() async throws {
        let ground = try await DeviceHouse()
        for path in ["/api/v1/settings/", "/api/v1/settings"] {
            let answer = try await ground.house.call(.get, path, as: .nobody)
            #expect(answer.status == 200 && answer.json.object != nil)
        }
        let pages = StockGreeting.before { _ in .text("none", status: 503) }
        let asked = try GatewayFixture.request(
            .get, "/", port: 8443, [(Header.authorization, "Bearer ffadp_x")])
        #expect(await pages(asked).status == 200)
        #expect(await pages(try GatewayFixture.request(.get, "/", port: 8443)).status == 503)
    }

    @Test("A person gets device.yml for a stock device once; secrets of before are worth nothing")
    func credentials() async throws {
        let ground = try await DeviceHouse()
        let device = try await ground.factory.device("Oven 2")
        let first = try await ground.call(.post, "devices/\(device.id)/credentials")
        #expect(first.status == 201, "\(first.text)")
        let file = try #require(first.json["deviceYml"]?.string)
        #expect(file.contains("deviceId: \(device.id)\n"))
        #expect(file.contains("brokerURL: wss://plant:8443\n"))
        let line = try #require(file.split(separator: "\n").first { $0.hasPrefix("token: ") })
        let hash = MachineSecret.hash(of: String(line.dropFirst("token: ".count)))
        let stores = ground.house.stores
        #expect(try await stores.deviceSecrets.device(tokenHash: hash)?.id == device.id)
        _ = try await ground.call(.post, "devices/\(device.id)/credentials")
        #expect(try await stores.deviceSecrets.device(tokenHash: hash) == nil)
        #expect(ground.news.all.contains("ended \(device.id)"))
        #expect(ground.house.faults.all == [])
    }
}
