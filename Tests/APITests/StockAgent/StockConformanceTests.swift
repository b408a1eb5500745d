import Basics
import Crypto
import Domain
import HTTP
import LinesideTesting
import Site
import Store
import Testing

/// A scripted agent, written from the protocol's paper: each message of it once.
@Suite("The unmodified FlowFuse agent", .timeLimit(.minutes(10)))
struct StockConformanceTests {
    @Test("What an agent began to send before it was revoked is not kept")
    func revokedMeanwhile() async throws {
        let house = try await StockHouse()
        let path = "/storage/library/\(house.device.teamID)/flows/late"
        let entry = #"{"type":"flows","body":"[]","meta":{}}"#
        #expect(try await house.slowly(path, entry) {} == 201)
        let stores = house.factory.stores
        let status = try await house.slowly("\(path)r", entry) {
            _ = try await stores.enrolments.revoke(house.device.id, by: .site)
        }
        #expect(status == 401)
        #expect(
            try await stores.audit.list(.init(kind: "library")).items.allSatisfy {
                !$0.event.text.contains("later")
            })
    }

    @Test("Each message of its protocol has the answer that it expects")
    func everything() async throws {
        let house = try await StockHouse()
        try await boots(house)
        try await deploys(house)
        try await checksIn(house)
        try await watches(house)
        try await obeys(house)
        try await editor(house)
        try await audits(house)
        try await packages(house)
        try await brings(house)
        try await leaves(house)
        let missing = Set(StockMessage.allCases).subtracting(house.all).map(\.rawValue)
        #expect(missing.sorted() == [])
    }

    /// First contact: unknown, told the starter, gets it.
    private func boots(_ house: StockHouse) async throws {
        await house.status("unknown", snapshot: nil, settings: nil)
        house.note(.statusUnknown)
        let update = try await house.told()
        house.note(.update)
        #expect(update["command"]?.string == "update")
        #expect(update["ownerType"]?.string == "application")
        #expect(update["application"]?.string == house.factory.application.id.text)
        #expect(update["snapshot"]?.string == "0")
        #expect(update["mode"]?.string == "autonomous")
        #expect(update["licensed"]?.bool == true)
        await house.say("status", "null")
        house.note(.statusNull)
        #expect(house.fleet.book[house.device.id]?.report?.state == .updating)
        let starter = try await house.http(.get, "\(house.path)/live/snapshot")
        house.note(.getStarter)
        #expect(starter.status == 200)
        #expect(starter.json["id"]?.string == "0")
        #expect(starter.json["modules"]?["node-red"]?.string == "4.1.3")
        #expect(starter.json["modules"]?.object?.members.count == 1, "nothing of @flowfuse")
        let settings = try await house.http(.get, "\(house.path)/live/settings")
        house.note(.getSettings)
        #expect(settings.status == 200)
        #expect(settings.json["hash"] == update["settings"])
        #expect(settings.json["env"]?["FF_DEVICE_ID"]?.string == house.device.id.text)
        #expect(settings.json["palette"]?["npmrc"]?.string?.contains("https://plant:8443") == true)
        #expect(settings.json["palette"]?["catalogues"]?.array?.count == 1)
        #expect(settings.json["assistant"]?["enabled"]?.bool == false)
        #expect(settings.json["features"]?["shared-library"]?.bool == true)
        #expect(house.untold == 0)
        await house.status("running", snapshot: "0", settings: settings.json["hash"]?.string)
        house.note(.statusInSync)
        #expect(house.untold == 0)
    }

    private func deploys(_ house: StockHouse) async throws {
        let snapshot = try await house.snapshot("Line 3")
        try await house.change { $0.targetSnapshotID = snapshot.id }
        let update = try await house.told()
        #expect(update["snapshot"]?.string == snapshot.id.text)
        let got = try await house.http(.get, "\(house.path)/live/snapshot")
        house.note(.getSnapshot)
        #expect(got.json["id"]?.string == snapshot.id.text)
        #expect(got.json["name"]?.string == "Line 3")
        #expect(got.json["flows"]?.array?.count == 2)
        #expect(!got.text.contains("\"password\""), "credentials stay out of the flows")
        #expect(got.json["modules"]?["node-red-contrib-x"]?.string == "1.2.3")
        #expect(got.json["modules"]?["node-red"]?.string == "4.1.3")
        #expect(got.json["env"]?["FF_SNAPSHOT_ID"]?.string == snapshot.id.text)
        #expect(got.json["env"]?["LINE"]?.string == "3")
        // Under the secret that this device has, and no other.
        let secret = try await house.content.secret(of: house.device.id)
        let sealed = try #require(got.json["credentials"]).json
        let clear = try NodeREDCredentials(secret: secret).decrypt(sealed)
        #expect(try JSONReader.read(clear)["b1"]?["password"]?.string == "p")
        #expect((try? NodeREDCredentials(secret: "other").decrypt(sealed)) == nil)
        // It still runs the former one: told again.
        await house.status("running", snapshot: "0", settings: update["settings"]?.string)
        house.note(.statusDiffers)
        #expect(try await house.told()["snapshot"]?.string == snapshot.id.text)
        await house.status(
            "running", snapshot: snapshot.id.text, settings: update["settings"]?.string)
        #expect(house.untold == 0)
        // Any change of its settings has another hash.
        try await house.change { $0.settings.nodeREDVersion = "4.1.3" }
        let changed = try await house.told()
        #expect(changed["settings"] != update["settings"])
        let settings = try await house.http(.get, "\(house.path)/live/settings")
        #expect(settings.json["hash"] == changed["settings"])
        #expect(settings.json["editor"]?["nodeRedVersion"]?.string == "4.1.3")
        await house.status(
            "running", snapshot: snapshot.id.text, settings: changed["settings"]?.string)
        #expect(house.untold == 0)
    }

    /// HTTP alone, without a broker.
    private func checksIn(_ house: StockHouse) async throws {
        let desired = try await house.content.desired(of: house.device.id)
        func body(_ settings: String) -> String {
            """
            {"ownerType":"application","application":"\(house.factory.application.id)",
             "project":null,"snapshot":"\(desired.snapshotName ?? "")","settings":"\(settings)",
             "state":"running","mode":"autonomous"}
            """
        }
        let path = "\(house.path)/live/state"
        let same = try await house.http(.post, path, body(desired.settings))
        house.note(.checkIn)
        #expect(same.status == 200 && same.text == "{}")
        let other = try await house.http(.post, path, body("old"))
        house.note(.checkInDiffers)
        #expect(other.status == 409)
        #expect(other.json["error"]?.string == "incorrect-settings")
        #expect(other.json["settings"]?.string == desired.settings)
        #expect(other.json["snapshot"]?.string == desired.snapshotName)
        #expect(other.json["project"] == nil)
        let state = try await house.http(.get, path)
        house.note(.getState)
        #expect(state.json["snapshot"]?.string == desired.snapshotName)
        #expect(state.json["licensed"]?.bool == true)
        let foreign = "/api/v1/devices/\(Device.ID.random())"
        for (method, place) in [
            (HTTP.Method.post, "\(foreign)/live/state"), (.get, "\(foreign)/live/snapshot"),
            (.get, "\(foreign)/live/settings"),
            (.post, "/logging/device/\(Device.ID.random())/audit"),
            (.get, "/api/v1/teams/\(Team.ID.random())/projects"),
            (.get, "/api/v1/devices"), (.post, "\(house.path)/commands"),
        ] {
            #expect(
                try await house.http(method, place, method == .post ? "{}" : "").status != 200,
                "\(place)")
        }
        #expect(try await house.http(.get, "\(foreign)/live/snapshot").status == 401)
        #expect(try await house.http(.post, "\(foreign)/live/state", "{}").status == 401)
        #expect(
            try await house.http(.get, "\(house.path)/live/snapshot", token: "ffd_x").status == 401)
        #expect(try await house.http(.post, path, "{\"state\":7}").status == 400)
        house.note(.checkInForeign)
    }

    private func watches(_ house: StockHouse) async throws {
        let id = house.device.id
        let log = house.bus.subscribe("device/\(id)/log")
        #expect(try await house.told()["command"]?.string == "startLog")
        house.note(.startLog)
        await house.say(
            "logs", #"[{"level":"info","msg":"kept","ts":"17952350491560000"}]"#)
        house.note(.logsList)
        #expect(await log.next() != nil)
        await house.say("logs", #"{"level":"warn","msg":"now","ts":"17952350491560001"}"#)
        house.note(.logsLine)
        #expect(await log.next() != nil)
        let kept = try await house.factory.stores.logs.page(ofDevice: id).records
        #expect(kept.map(\.text) == ["kept", "now"])
        let used = house.bus.subscribe("device/\(id)/resources")
        #expect(try await house.told()["command"]?.string == "startResources")
        house.note(.startResources)
        let now = Timestamp.now().milliseconds
        await house.say(
            "resources", #"[{"src":"ab12","ts":\#(now - 10_000),"ps":64,"cpu":2,"ela":0.01}]"#)
        house.note(.resourcesList)
        await house.say(
            "resources", #"{"src":"ab12","ts":\#(now),"ps":65,"cpu":3,"el99":0.02}"#)
        house.note(.resourcesSample)
        #expect(await used.next() != nil)
        let stores = house.factory.stores
        let samples = try await eventually("both samples") { () -> [ResourceSample]? in
            let samples = try await stores.resources.list(
                ofDevice: id, from: Timestamp(milliseconds: now - 60_000),
                to: Timestamp(milliseconds: now + 60_000))
            return samples.count < 2 ? nil : samples
        }
        #expect(samples.count == 2)
        log.cancel()
        used.cancel()
        // A page that is loaded anew does not stop it: only after a while does nobody look.
        var stopped: Set<String> = []
        try await withLimit(waitingFor: "the fleet to hear that nobody listens") {
            while await house.fleet.endingWatches(of: id) < 2 { await Task.yield() }
        }
        await house.fleet.beat()
        #expect(house.untold == 0)
        house.clock.pass(.seconds(16))
        await house.fleet.beat()
        for _ in 0..<2 { stopped.insert(try await house.told()["command"]?.string ?? "") }
        #expect(stopped == ["stopLog", "stopResources"])
        house.note(.stopLog)
        house.note(.stopResources)
    }

    private func obeys(_ house: StockHouse) async throws {
        for (command, action, message) in [
            (DeviceCommand.start, "start", StockMessage.actionStart),
            (.restart, "restart", .actionRestart), (.stop, "suspend", .actionSuspend),
        ] {
            async let done = house.send(command)
            let told = try await house.told()
            #expect(told["command"]?.string == "action")
            #expect(told["payload"]?["action"]?.string == action)
            #expect(told["deviceId"]?.string == house.device.id.text)
            #expect(told["expiresAt"]?.int ?? 0 > told["createdAt"]?.int ?? 0)
            await house.answer(told, #"{"success":true}"#, plain: action == "start")
            #expect((try? await done.get()) != nil)
            house.note(message)
        }
        async let refused = house.send(.restart)
        await house.answer(
            try await house.told(),
            #"{"success":false,"error":{"message":"no","code":"unexpected_error","error":"x"}}"#)
        #expect(await refused == .failure(.refused(code: "unexpected_error", text: "no")))
        async let state = house.send(.askState)
        let asked = try await house.told()
        #expect(asked["command"]?.string == "get-liveState")
        await house.answer(
            asked, #"{"state":"running","mcp":{"supportedCommands":["mcp:get-features"]}}"#)
        #expect(try await state.get()["state"]?.string == "running")
        house.note(.liveState)
        _ = await house.send(.listPackages)
        #expect(try await house.told()["command"]?.string == "reportPackages")
        house.note(.reportPackages)
        let desired = try await house.content.desired(of: house.device.id)
        await house.status(
            "running", snapshot: desired.snapshotName, settings: desired.settings,
            more: #","moduleCache":true,"packageList":{"node-red":"4.1.3"}"#)
        house.note(.statusPackages)
        #expect(
            house.fleet.book[house.device.id]?.report?.packages
                == [NodeModule(name: "node-red", version: "4.1.3")])
        let device = try await house.factory.stores.devices.get(house.device.id)
        async let kept = house.snapshots.make(
            Name(stored: "As it runs"), note: .empty, of: device, by: .site)
        let upload = try await house.told()
        #expect(upload["command"]?.string == "upload")
        await house.answer(upload, try await self.upload(house))
        house.note(.upload)
        let snapshot = try await kept
        let content = try await house.library.content(of: snapshot, withSecrets: true)
        #expect(content.credentials?["b1"]?["password"]?.string == "on the device")
        #expect(content.modules == [NodeModule(name: "node-red-contrib-x", version: "1.2.3")])
        let nothing = Task {
            try await house.snapshots.make(
                Name(stored: "Nothing"), note: .empty, of: device, by: .site)
        }
        await house.answer(
            try await house.told(),
            #"{"state":{},"flows":null,"credentials":null,"package":null}"#)
        await #expect(throws: DeviceSnapshots.Fault.notRunning) { try await nothing.value }
    }

    /// Node-RED tells of a deploy before it has written it: who asked at once got the flows of
    /// before.
    @Test("An automatic snapshot waits until the deploy is written; later deploys get their own")
    func automaticSnapshot() async throws {
        let (waits, gate) = (Mailbox<Void>(), Mailbox<Void>())
        let house = try await StockHouse {
            waits.put(())
            _ = await gate.take()
        }
        await house.fleet.take(.came(name: house.device.brokerName, address: nil))
        try await house.change { $0.mode = .developer }
        #expect(try await house.told()["mode"]?.string == "developer")
        let path = "/logging/device/\(house.device.id)/audit"
        let deploy = #"{"event":"flows.set","type":"full"}"#
        for _ in 0..<3 { #expect(try await house.http(.post, path, deploy).status == 200) }
        _ = await waits.take()
        #expect(house.untold == 0)
        gate.put(())
        let first = try await house.told()
        #expect(first["command"]?.string == "upload")
        // Deployed while the first is under way: what it brings may be older.
        #expect(try await house.http(.post, path, deploy).status == 200)
        await house.answer(first, try await upload(house))
        _ = await waits.take()
        #expect(house.untold == 0)
        gate.put(())
        let second = try await house.told()
        #expect(second["command"]?.string == "upload")
        await house.answer(second, try await upload(house))
        try await withLimit(waitingFor: "two snapshots") {
            while try await house.factory.stores.snapshots.list(
                of: house.factory.application.id
            ).items.count < 2 { await Task.yield() }
        }
        #expect(house.untold == 0)
    }

    private func upload(_ house: StockHouse) async throws -> String {
        let secret = try await house.content.secret(of: house.device.id)
        let sealed = try NodeREDCredentials(secret: secret).encrypt(
            Array(#"{"b1":{"password":"on the device"}}"#.utf8))
        return """
            {"state":{},"flows":[{"id":"b1","type":"mqtt-broker"}],
             "credentials":\(String(decoding: sealed, as: UTF8.self)),
             "package":{"modules":{"node-red-contrib-x":"1.2.3"},"version":"0.0.0-x","name":"n",
              "description":"d"}}
            """
    }

    private func editor(_ house: StockHouse) async throws {
        let token = "ffde_\(house.device.id)_secret"
        async let opened = house.send(.openEditor(token: token))
        let told = try await house.told()
        #expect(told["command"]?.string == "startEditor")
        #expect(told["payload"]?["token"]?.string == token)
        await house.answer(told, #"{"connected":true,"token":"\#(token)","affinity":null}"#)
        #expect(try await opened.get()["connected"]?.bool == true)
        house.note(.startEditor)
        func ask(_ token: String) async throws -> StockHouse.Answer {
            try await house.http(
                .get, "\(house.path)/editor/token", headers: [("x-access-token", token)])
        }
        let good = try await ask(token)
        #expect(good.status == 200)
        #expect(good.json["username"]?.string == "forge")
        #expect(good.json["permissions"]?.string == "*")
        #expect(try await ask("ffde_other").status == 401)
        house.note(.editorToken)
        _ = await house.send(.closeEditor)
        #expect(try await house.told()["command"]?.string == "stopEditor")
        house.note(.stopEditor)
        #expect(try await ask(token).status == 401)
        async let none = house.send(.openEditor(token: token))
        await house.answer(
            try await house.told(),
            #"{"connected":false,"token":"\#(token)","error":"noNRRunning"}"#)
        guard case .failure(.refused(let code, _)) = await none else {
            Issue.record("an editor without Node-RED was opened")
            return
        }
        #expect(code == "noNRRunning")
    }

    private func audits(_ house: StockHouse) async throws {
        let path = "/logging/device/\(house.device.id)/audit"
        let crashed = try await house.http(
            .post, path,
            #"{"timestamp":1,"event":"crashed","info":{"code":"loop_detected","info":"5 starts"}}"#)
        #expect(crashed.status == 200)
        house.note(.auditAgent)
        let events = try await house.factory.stores.audit.list(.init(kind: "device.crashed"))
        #expect(events.items.first?.actorType == "device")
        let deploy =
            #"{"event":"flows.set","type":"full","path":"/flows","ip":"127.0.0.1","timestamp":1}"#
        // Outside of developer mode nobody deploys on a device: nothing is kept.
        #expect(try await house.http(.post, path, deploy).status == 200)
        try await house.change { $0.mode = .developer }
        #expect(try await house.told()["mode"]?.string == "developer")
        #expect(try await house.http(.post, path, deploy).status == 200)
        let asked = try await house.told()
        #expect(asked["command"]?.string == "upload")
        await house.answer(asked, try await upload(house))
        house.note(.auditNodeRED)
        try await withLimit(waitingFor: "the automatic snapshot") {
            while true {
                let found = try await house.factory.stores.snapshots.list(
                    of: house.factory.application.id
                ).items
                if found.contains(where: { $0.name.text.hasPrefix("Auto Snapshot") }) { return }
                await Task.yield()
            }
        }
        try await house.change { $0.mode = .autonomous }
        #expect(try await house.told()["mode"]?.string == "autonomous")
        #expect(try await house.http(.post, path, "[]").status == 400)
        #expect(try await house.http(.post, path, #"{"event":7}"#).status == 200)
    }

    private func packages(_ house: StockHouse) async throws {
        let team = house.device.teamID
        let base = "/storage/library/\(team)"
        let kept = try await house.http(
            .post, "\(base)/line/one",
            #"{"name":"line/one","type":"functions","meta":{"outputs":1},"body":"return msg;"}"#)
        #expect(kept.status == 201)
        let flows = try await house.http(
            .post, "\(base)/top", #"{"name":"top","type":"flows","meta":{},"body":[{"id":"a"}]}"#)
        #expect(flows.status == 201)
        house.note(.libraryWrite)
        let read = try await house.http(.get, "\(base)/line/one?type=functions")
        #expect(read.status == 200 && read.text == "return msg;")
        #expect(
            try await house.http(.get, "\(base)/top?type=flows").json.array?.first?["id"]?.string
                == "a")
        house.note(.libraryRead)
        let list = try await house.http(.get, "\(base)/?type=functions")
        #expect(list.json.array == [.string("line")])
        let folder = try await house.http(.get, "\(base)/line?type=functions")
        #expect(folder.json.array?.first?["fn"]?.string == "one")
        #expect(folder.json.array?.first?["outputs"]?.int == 1)
        house.note(.libraryList)
        let across = try await house.http(
            .post, "\(base)/line/one/two", #"{"name":"x","type":"functions","body":"x"}"#)
        #expect(across.status == 400)
        let blueprints = try await house.http(
            .get, "/api/v1/flow-blueprints/?filter=active&team=\(team)")
        #expect(blueprints.status == 200 && blueprints.json["blueprints"]?.array != nil)
        house.note(.blueprints)
        #expect(try await house.http(.get, "/api/v1/flow-blueprints/none").status == 404)
        house.note(.blueprint)
        _ = try await house.factory.instance("OEE")
        let projects = try await house.http(.get, "/api/v1/teams/\(team)/projects")
        #expect(projects.json["count"]?.int == 1)
        #expect(projects.json["projects"]?.array?.first?["name"]?.string == "OEE")
        house.note(.projects)
        let link = "/api/v1/teams/\(team)/broker/client/device:\(house.device.id)/link"
        let linked = try await house.http(.post, link, #"{"password":"\#(house.password)"}"#)
        #expect(linked.status == 200 && linked.json["username"]?.string != nil)
        #expect(try await house.http(.post, link, #"{"password":"x"}"#).status == 403)
        house.note(.link)
        let databases = try await house.http(.get, "/api/v1/teams/\(team)/databases")
        #expect(databases.status == 200 && databases.text == "[]")
        house.note(.databases)
    }

    private func brings(_ house: StockHouse) async throws {
        let sealed = try NodeREDCredentials(secret: "of before").encrypt(
            Array(#"{"n1":{"key":"brought"}}"#.utf8))
        let body = """
            {"provisioning":{"deviceConfig":{"flows":[{"id":"n1","type":"inject"}],
             "credentials":\(String(decoding: sealed, as: UTF8.self)),
             "package":{"modules":{"node-red":"4.0.0"},"version":"1","name":"n","description":""}},
             "credentialSecret":"of before","description":"Flows imported from x",
             "name":"Existing Flows Imported"},"agentVersion":"4.2.1","state":"provisioning"}
            """
        let brought = try await house.http(.post, "\(house.path)/live/state", body)
        #expect(brought.status == 200)
        house.note(.bringFlows)
        let update = try await house.told()
        let got = try await house.http(.get, "\(house.path)/live/snapshot")
        #expect(got.json["id"] == update["snapshot"])
        let secret = try await house.content.secret(of: house.device.id)
        let clear = try NodeREDCredentials(secret: secret).decrypt(
            try #require(got.json["credentials"]).json)
        #expect(try JSONReader.read(clear)["n1"]?["key"]?.string == "brought")
        let wrong = body.replacing("\"of before\"", with: "\"another\"")
        let refused = try await house.http(.post, "\(house.path)/live/state", wrong)
        #expect(![200, 401, 404].contains(refused.status), "it must not wipe itself")
    }

    private func leaves(_ house: StockHouse) async throws {
        try await house.change { $0.applicationID = nil }
        let update = try await house.told()
        #expect(update["application"]?.isNull == true)
        #expect(update["snapshot"]?.isNull == true)
        #expect(update["project"] == nil)
        house.note(.updateUnassigned)
        let nothing = try await house.http(.get, "\(house.path)/live/snapshot")
        #expect(nothing.status == 200 && nothing.text == "{}")
        house.note(.getNothing)
        #expect(try await house.http(.get, "\(house.path)/live/settings").status == 200)
    }
}
