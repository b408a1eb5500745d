import Basics
import Crypto
import Domain
import LinesideTesting
import Site
import Store
import Testing

@Suite("Fleet", .timeLimit(.minutes(10))) struct FleetTests {
    @Test("A status is kept, heard and answered with what the device shall run")
    func status() async throws {
        let house = try await FleetHouse()
        let device = try await house.device(.stock)
        let listener = house.bus.subscribe("devices")
        await house.say(device, "status", #"{"state":"unknown","application":null}"#)
        let told = try #require(house.link.said.first)
        #expect(told.topic == "ff/v1/\(device.teamID)/d/\(device.id)/command")
        #expect(told.json["command"]?.string == "update")
        #expect(told.json["snapshot"]?.string == "0")
        #expect(told.json["application"]?.string == house.factory.application.id.text)
        #expect(house.fleet.book[device.id]?.isConnected == true)
        await house.beat()
        let heard = try #require(await listener.next())
        #expect(String(decoding: heard.payload, as: UTF8.self).contains(device.id.text))
        house.clock.pass(.seconds(3))
        await house.beat()
        let report = try await house.factory.stores.deviceReports.find(device.id)
        #expect(report?.state == .unknown)
    }

    @Test("A device in sync is not answered, and null marks it as changing over")
    func quiet() async throws {
        let house = try await FleetHouse()
        let device = try await house.device(.stock)
        let desired = try await house.content.desired(of: device.id)
        let application = house.factory.application.id
        await house.say(
            device, "status",
            #"{"state":"running","application":"\#(application)","snapshot":"0","#
                + #""settings":"\#(desired.settings)","mode":"autonomous"}"#)
        #expect(house.link.said == [])
        #expect(house.fleet.book[device.id]?.report?.state == .running)
        await house.say(device, "status", "null")
        #expect(house.link.said == [])
        #expect(house.fleet.book[device.id]?.report?.state == .updating)
    }

    @Test("Nobody speaks for a device of another team, of another kind, or of no site")
    func strangers() async throws {
        let house = try await FleetHouse()
        let device = try await house.device(.stock)
        let own = try await house.device(.lineside, "Press 5")
        for topic in [
            "ff/v1/\(Team.ID.random())/d/\(device.id)/status",
            "ff/v1/\(device.teamID)/d/\(Device.ID.random())/status",
            "ff/v1/\(own.teamID)/d/\(own.id)/status",
            "ff/v1/\(device.teamID)/d/\(device.id)/command",
        ] {
            await house.fleet.take(topic, Array(#"{"state":"unknown"}"#.utf8))
        }
        #expect(house.link.said == [])
        #expect(house.fleet.book[device.id]?.report == nil)
        #expect(house.fleet.book[own.id]?.report == nil)
    }

    @Test("A flood of one device is cut off, and the others are still heard")
    func flood() async throws {
        let house = try await FleetHouse()
        let loud = try await house.device(.stock)
        let other = try await house.device(.stock, "Press 5")
        for _ in 0..<2_000 { await house.say(loud, "status", #"{"state":"unknown"}"#) }
        #expect(house.link.said.count == 60)
        await house.say(other, "status", #"{"state":"unknown"}"#)
        #expect(house.link.said.count == 61)
        house.clock.pass(.seconds(10))
        await house.say(loud, "status", #"{"state":"unknown"}"#)
        #expect(house.link.said.count == 62)
    }

    @Test("A command reaches a stock agent and its answer the caller")
    func command() async throws {
        let house = try await FleetHouse()
        let device = try await house.device(.stock)
        await house.came(device, from: "10.0.0.9")
        async let answer = house.fleet.send(.restart, to: device.id)
        await house.link.wait(for: 1)
        let told = try #require(house.link.said.first?.json)
        #expect(told["payload"]?["action"]?.string == "restart")
        let correlation = try #require(told["correlationData"]?.string)
        let other = try await house.device(.stock, "Press 5")
        // Another device must not answer for it.
        await house.say(
            other, "response/lineside",
            #"{"correlationData":"\#(correlation)","payload":{"success":false}}"#)
        await house.say(
            device, "response/lineside",
            #"{"correlationData":"\#(correlation)","payload":{"success":true}}"#)
        #expect(try await answer["success"]?.bool == true)
        #expect(house.fleet.book[device.id]?.presence?.address == "10.0.0.9")
    }

    @Test(
        "The broker forgets an order when it is over; what a device shall be it keeps",
        arguments: [Device.Agent.stock, .lineside])
    func life(agent: Device.Agent) async throws {
        let house = try await FleetHouse()
        let device = try await house.device(agent)
        await house.fleet.take(.came(name: device.brokerName, address: nil))
        await house.fleet.desiredChanged([device.id])
        let told = house.link.said.count
        #expect(house.link.said.allSatisfy { $0.life == nil })
        async let silent = house.result(.restart, device)
        await house.link.wait(for: told + 1)
        #expect(house.link.said.last?.life == DeviceCommand.restart.timeout)
        await house.fleet.take(.left(name: device.brokerName))
        _ = await silent
    }

    @Test("A device that refuses, is silent or goes away each ends the wait in its own way")
    func faults() async throws {
        let house = try await FleetHouse()
        let device = try await house.device(.stock)
        await #expect(throws: FleetFault.offline) {
            try await house.fleet.send(.restart, to: device.id)
        }
        await house.came(device)
        async let refused = house.result(.restart, device)
        await house.link.wait(for: 1)
        let first = house.link.said[0].json["correlationData"]?.string ?? ""
        await house.say(
            device, "response",
            #"{"correlationData":"\#(first)","payload":{"success":false,"error":"#
                + #"{"code":"unsupported_action","message":"no"}}}"#)
        #expect(await refused == .refused(code: "unsupported_action", text: "no"))
        async let silent = house.result(.restart, device)
        await house.link.wait(for: 2)
        house.clock.pass(.seconds(11))
        await house.beat()
        let second = house.link.said[1].json["correlationData"]?.string ?? ""
        #expect(await silent == .timedOut(correlation: second))
        async let gone = house.result(.restart, device)
        await house.link.wait(for: 3)
        await house.fleet.take(.left(name: device.brokerName))
        #expect(await gone == .offline)
        await house.came(device)
        async let broken = house.result(.restart, device)
        await house.link.wait(for: 4)
        await house.fleet.take(.link(isUp: false))
        #expect(await broken == .broker("The broker is not there."))
        #expect(house.fleet.book[device.id]?.isConnected == false)
        await house.came(device)
        house.link.refuse(.broker("no"))
        #expect(await house.result(.restart, device) == .broker("no"))
    }

    @Test("A device of ours is told again until it answers, and knows the command by its id")
    func repeats() async throws {
        let house = try await FleetHouse()
        let device = try await house.device(.lineside)
        await house.came(device)
        async let answer = house.fleet.send(.identify, to: device.id)
        await house.link.wait(for: 1)
        house.clock.pass(.seconds(3))
        await house.beat()
        let said = house.link.said
        #expect(said.count == 2 && said[0].payload == said[1].payload)
        let id = said[0].json["id"]?.string ?? ""
        await house.agent(device, "reply", #"{"id":"\#(id)","ok":true}"#)
        _ = try await answer
        house.clock.pass(.seconds(30))
        await house.beat()
        #expect(house.link.said.count == 2)
    }

    @Test("A device of ours that lags behind is told what it shall be until it takes it on")
    func apply() async throws {
        let house = try await FleetHouse()
        let device = try await house.device(.lineside)
        await house.agent(device, "status", house.status(revision: 0))
        let first = try #require(house.link.said.first?.json)
        #expect(first["command"]?.string == "apply")
        #expect(first["desired"]?["revision"]?.int == device.revision)
        #expect(first["desired"]?["device"]?["name"]?.string == "Press 4")
        house.clock.pass(.seconds(4))
        await house.beat()
        #expect(house.link.said.count == 2)
        #expect(house.link.said[1].json["id"] == first["id"], "the same command again")
        await house.agent(device, "reply", #"{"id":"\#(first["id"]?.string ?? "")","ok":true}"#)
        house.clock.pass(.seconds(90))
        await house.beat()
        #expect(house.link.said.count == 2)
        await house.agent(device, "status", house.status(revision: device.revision))
        #expect(house.link.said.count == 2)
        _ = try await house.factory.stores.devices.update(device.id, by: .site) {
            $0.desiredState = .stopped
        }
        await house.fleet.desiredChanged([device.id])
        #expect(house.link.said.last?.json["desired"]?["run"]?.string == "stopped")
    }

    @Test("What one device says is heard while another is being told what it shall be")
    func heardMeanwhile() async throws {
        let house = try await FleetHouse()
        let slow = try await house.device(.lineside)
        let other = try await house.device(.lineside, "Press 5")
        house.link.hold()
        try await withLimit(waitingFor: "both to be heard") {
            for device in [slow, other] {
                await house.fleet.take(
                    AgentTopic(.status, team: device.teamID, device: device.id).text,
                    Array(house.status(revision: 0).utf8))
            }
        }
        #expect(house.fleet.book[other.id]?.report?.revision == 0)
        async let told: Void = house.fleet.runErrands()
        await house.link.wait(for: 2)
        house.link.release()
        await told
    }

    @Test("The log is wanted while somebody listens, again after the agent began anew, and kept")
    func log() async throws {
        let house = try await FleetHouse()
        let device = try await house.device(.stock)
        await house.came(device)
        let running = Task { try await house.fleet.run() }
        defer { running.cancel() }
        // The fleet hears of listeners only once it runs.
        try await withLimit(waitingFor: "the fleet to look after listeners") {
            while house.bus.watcherCount == 0 { await Task.yield() }
        }
        let listener = house.bus.subscribe("device/\(device.id)/log")
        await house.link.wait(for: 1)
        #expect(house.link.said[0].json["command"]?.string == "startLog")
        await house.say(device, "logs", #"[{"level":"info","msg":"hello","ts":"1"}]"#)
        let heard = try #require(await listener.next())
        #expect(String(decoding: heard.payload, as: UTF8.self).contains("hello"))
        let kept = try await house.factory.stores.logs.page(ofDevice: device.id)
        #expect(kept.records.map(\.text) == ["hello"])
        await house.say(device, "status", #"{"state":"unknown"}"#)
        let words = house.link.said.compactMap { $0.json["command"]?.string }
        #expect(words.filter { $0 == "startLog" }.count == 2)
        listener.cancel()
    }

    @Test("Where the broker does not tell who leaves, who is silent for three minutes is away")
    func silence() async throws {
        for tells in [false, true] {
            let house = try await FleetHouse(link: MemoryFleetLink(tellsPresence: tells))
            let device = try await house.device(.stock)
            await house.fleet.take(.link(isUp: true))
            await house.say(device, "status", #"{"state":"running"}"#)
            for _ in 0..<3 {
                house.clock.pass(.seconds(100))
                await house.say(device, "status", #"{"state":"running"}"#)
                await house.beat()
                #expect(house.fleet.book[device.id]?.isConnected == true)
            }
            house.clock.pass(.seconds(181))
            await house.beat()
            #expect(house.fleet.book[device.id]?.isConnected == tells)
            await house.say(device, "status", #"{"state":"running"}"#)
            #expect(house.fleet.book[device.id]?.isConnected == true)
        }
    }
}
