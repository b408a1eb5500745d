import API
import Basics
import Crypto
import Domain
import HTTP
import LinesideTesting
import Site
import Store
import Testing

@Suite("Routes of devices") struct DeviceRoutesTests {
    @Test("A device is made, read, changed, listed and deleted")
    func whole() async throws {
        let ground = try await DeviceHouse()
        let made = try await ground.call(
            .post, "devices",
            JSONObject([
                ("name", .string("Press 7")), ("type", .string("press controller")),
                ("tags", .array([.string("line=3")])),
                ("applicationId", .string(ground.factory.application.id.text)),
            ]))
        #expect(made.status == 201, "\(made.text)")
        let id = try #require(made.json["id"]?.string)
        #expect(made.headers[Header.location] == "/api/v1/devices/\(id)")
        let twice = try await ground.call(
            .post, "devices", JSONObject(texts: ("name", "PRESS 7")))
        #expect(twice.status == 409)

        let changed = try await ground.call(
            .patch, "devices/\(id)",
            JSONObject([("name", .string("Press 8")), ("applicationId", .null)]))
        #expect(changed.status == 200, "\(changed.text)")
        #expect(changed.json["name"]?.string == "Press 8")
        #expect(changed.json["applicationId"]?.isNull == true)
        let list = try await ground.call(.get, "devices?query=press&tag=line%3D3")
        #expect(list.json["count"]?.int == 1)
        #expect(try await ground.call(.get, "devices?tag=line%3D4").json["count"]?.int == 0)

        let device = try #require(Device.ID(id))
        let logs = ground.house.stores.logs
        let said = LogRecord(at: .now(), level: .info, text: "here")
        _ = try await logs.append([said], ofDevice: device)
        #expect(try await ground.call(.delete, "devices/\(id)").status == 204)
        #expect(try await ground.call(.get, "devices/\(id)").status == 404)
        #expect(try await logs.page(ofDevice: device).records.isEmpty)
        #expect(ground.news.all.last == "ended \(device)")
        #expect(ground.news.all.contains("changed \(device)"))
        #expect(ground.house.faults.all == [])
        let kinds = try await ground.house.stores.audit.list(.init()).items.map(\.event.kind)
        #expect(kinds.contains("device.created") && kinds.contains("device.removed"))
    }

    @Test("What a device says is seen beside what it shall be, and lists can be cut to it")
    func facts() async throws {
        let ground = try await DeviceHouse()
        let ids = try await ["A", "B", "C"].asyncMap { try await ground.factory.device($0).id }
        ground.reports.say(ids[1]) {
            $0.state = "crashed"
            $0.isConnected = true
            $0.lastSeenAt = Timestamp(milliseconds: 5_000)
            $0.progress = .init(done: 1, of: 4)
        }
        ground.reports.say(ids[2]) { $0.lastSeenAt = Timestamp(milliseconds: 1_000) }
        let crashed = try await ground.call(.get, "devices?state=crashed")
        #expect(crashed.json["items"]?.array?.map { $0["name"]?.string } == ["B"])
        #expect(crashed.json["count"]?.int == 1)
        let away = try await ground.call(.get, "devices?connected=false&limit=1")
        #expect(away.json["count"]?.int == 2)
        let cursor = try #require(away.json["next"]?.string)
        let rest = try await ground.call(
            .get, "devices?connected=false&limit=1&cursor=\(cursor)")
        #expect(rest.json["items"]?.array?.map { $0["name"]?.string } == ["C"])
        let sorted = try await ground.call(.get, "devices?sort=last-seen")
        #expect(sorted.json["items"]?.array?.map { $0["name"]?.string } == ["A", "C", "B"])
        #expect(try await ground.call(.get, "devices?sort=colour").status == 422)
        #expect(ground.house.faults.all == [])
    }

    @Test("The words of the page find devices by how they stand")
    func conditions() async throws {
        let ground = try await DeviceHouse()
        let names = ["Away", "Broken", "Calm", "Fetching", "Worked on"]
        let devices = try await names.asyncMap {
            try await ground.factory.device($0, agent: .lineside)
        }
        _ = try await ground.factory.device("Never")
        for device in devices.dropFirst() {
            ground.reports.say(device.id) {
                $0.isConnected = true
                $0.state = "running"
            }
        }
        ground.reports.say(devices[0].id) { $0.state = "crashed" }
        ground.reports.say(devices[1].id) { $0.phase = "failed" }
        ground.reports.say(devices[3].id) { $0.phase = "fetch" }
        _ = try await ground.house.stores.devices.update(devices[4].id, by: .site) {
            $0.mode = .developer
        }
        for (word, expected) in [
            ("offline", ["Away"]), ("faulty", ["Broken"]), ("attention", ["Away", "Broken"]),
            ("updating", ["Fetching"]), ("developer", ["Worked on"]), ("unenrolled", ["Never"]),
            ("online", ["Broken", "Calm", "Fetching", "Worked on"]), ("crashed", ["Away"]),
        ] {
            let list = try await ground.call(.get, "devices?state=\(word)")
            let found = list.json["items"]?.array?.map { $0["name"]?.string }
            #expect(found == expected, "\(word)")
        }
        #expect(ground.house.faults.all == [])
    }

    @Test("Who has a role in one application sees its devices and no other, nor adds one elsewhere")
    func visibility() async throws {
        let ground = try await DeviceHouse()
        let other = try await ground.factory.application("Packing")
        let seen = try await ground.factory.device("Seen")
        let hidden = try await ground.factory.device("Hidden", in: other)
        let loose = try await ground.factory.device("Loose", in: .some(nil))
        let user = try await ground.factory.user(
            "mia", [(.application(ground.factory.application.id), .member)])
        let mia = try await ground.house.token(of: user)
        let list = try await ground.house.call(.get, "devices", as: mia)
        #expect(list.json["items"]?.array?.map { $0["id"]?.string } == [seen.id.text])
        for id in [hidden.id, loose.id] {
            #expect(try await ground.house.call(.get, "devices/\(id)", as: mia).status == 404)
        }
        let elsewhere = try await ground.house.call(
            .post, "devices",
            JSONObject(texts: ("name", "X"), ("applicationId", other.id.text)), as: mia)
        #expect(elsewhere.status == 404)
        let unassigned = try await ground.house.call(
            .post, "devices", JSONObject(texts: ("name", "X")), as: mia)
        #expect(unassigned.status == 404)
        let moved = try await ground.house.call(
            .patch, "devices/\(seen.id)", JSONObject(texts: ("applicationId", other.id.text)),
            as: mia)
        #expect(moved.status == 404)
        let own = try await ground.house.call(
            .post, "devices",
            JSONObject(
                texts: ("name", "Own"), ("applicationId", ground.factory.application.id.text)),
            as: mia)
        #expect(own.status == 201, "\(own.text)")
    }

    @Test("Settings are checked, passwords become bcrypt and never come back")
    func settings() async throws {
        let ground = try await DeviceHouse()
        let device = try await ground.factory.device("Press 7")
        let path = "devices/\(device.id)/settings"
        let changed = try await ground.call(
            .patch, path,
            JSONObject([
                ("heapMB", .number("256")), ("nodeREDVersion", .string("4.1.3")),
                (
                    "httpAuth",
                    .object(JSONObject(texts: ("name", "fitter"), ("password", "long enough")))
                ),
            ]))
        #expect(changed.status == 200, "\(changed.text)")
        #expect(!changed.text.contains("$2b$"))
        let stored = try await ground.house.stores.devices.get(device.id)
        let hash = try #require(stored.settings.httpAuth?.passwordHash)
        #expect(hash.hasPrefix("$2b$10$") && hash.utf8.count == 60)
        #expect(stored.revision == device.revision + 1)
        #expect(ground.news.all == ["changed \(device.id)"])
        let renamed = try await ground.call(
            .patch, path,
            JSONObject([("httpAuth", .object(JSONObject(texts: ("name", "shift"))))]))
        #expect(renamed.json["httpAuth"]?["name"]?.string == "shift")
        #expect(
            try await ground.house.stores.devices.get(device.id).settings.httpAuth?
                .passwordHash == hash)
        for (field, value) in [
            ("heapMB", JSONValue.number("1")), ("port", .number("80")),
            ("nodeREDVersion", .string("latest; rm")), ("timeZone", .string("../etc")),
            (
                "localLogin",
                .object(
                    JSONObject(
                        texts: ("name", "a"), ("password", String(repeating: "x", count: 73))))
            ),
        ] {
            let refused = try await ground.call(.patch, path, JSONObject([(field, value)]))
            #expect(refused.status == 422, "\(field)")
        }
        #expect(ground.house.faults.all == [])
    }

    @Test("Variables are kept sealed; a secret one does not come back and keeps its value")
    func environment() async throws {
        let ground = try await DeviceHouse()
        let device = try await ground.factory.device("Press 7")
        let path = "devices/\(device.id)/environment"
        func put(_ variables: String) async throws -> HouseFixture.Answer {
            let json = try JSONReader.read(Array(#"{"variables":[\#(variables)]}"#.utf8))
            return try await ground.call(.put, path, json.object)
        }
        let first = try await put(
            #"{"name":"LINE","value":"3"},{"name":"KEY","value":"hidden word","secret":true}"#)
        #expect(first.status == 200, "\(first.text)")
        #expect(!first.text.contains("hidden word"))
        let second = try await put(#"{"name":"LINE","value":"4"},{"name":"KEY","secret":true}"#)
        #expect(second.status == 200, "\(second.text)")
        #expect(try await put(#"{"name":"KEY","secret":false}"#).status == 422)
        let stores = ground.house.stores
        let opened = try await DeviceEnvironment(
            devices: stores.devices, sealer: Sealer(key: [UInt8](repeating: 3, count: 32))
        ).values(of: device.id)
        #expect(opened.map(\.name) == ["LINE", "KEY"])
        #expect(opened.map(\.value) == ["4", "hidden word"])
        let sealed = try #require(try await stores.devices.environment(of: device.id))
        #expect(!String(decoding: sealed, as: UTF8.self).contains("hidden word"))
        #expect(try await stores.devices.get(device.id).revision == device.revision + 2)
    }

    @Test("A list adds all of its devices or none, and a dry run only says what it would do")
    func imports() async throws {
        let ground = try await DeviceHouse()
        let csv =
            "\u{FEFF}name;type;application\r\n"
            + (1...300).map { "Press \($0);controller;General\r\n" }.joined()
        func send(_ csv: String, dry: Bool) async throws -> HouseFixture.Answer {
            try await ground.call(
                .post, "device-imports",
                JSONObject([
                    ("csv", .string(csv)), ("dryRun", .bool(dry)),
                    ("teamId", .string(ground.factory.team.id.text)),
                ]))
        }
        let dry = try await send(csv, dry: true)
        #expect(dry.status == 200, "\(dry.text.prefix(300))")
        #expect(dry.json["good"]?.int == 300)
        #expect(dry.json["applied"]?.bool == false)
        #expect(try await ground.call(.get, "devices").json["count"]?.int == 0)
        let bad = try await send(csv + "Press 301;;Nowhere\r\n", dry: false)
        #expect(bad.json["applied"]?.bool == false)
        #expect(bad.json["refused"]?.int == 1)
        #expect(bad.json["rows"]?.array?.last?["problem"]?.string?.contains("Nowhere") == true)
        #expect(try await ground.call(.get, "devices").json["count"]?.int == 0)
        let applied = try await send(csv, dry: false)
        #expect(applied.json["applied"]?.bool == true)
        #expect(try await ground.call(.get, "devices").json["count"]?.int == 300)
        let again = try await send(csv, dry: false)
        #expect(again.json["refused"]?.int == 300)
        #expect(try await send("no columns", dry: true).status == 422)
        #expect(ground.house.faults.all == [])
    }
}

extension Array {
    fileprivate func asyncMap<Result>(
        _ change: (Element) async throws -> Result
    ) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await change(element)) }
        return results
    }
}
