import Basics
import Domain
import Glibc
import LinesideTesting
import Processes
import Site
import Store
import Testing

@Suite("Instance registry", .timeLimit(.minutes(10))) struct InstanceRegistryTests {
    private func run(_ process: ScriptedProcess) throws {
        try process.event("listening")
        try process.event("flows:started")
    }

    @Test("What shall run is started one after the other; what shall not stays off")
    func boot() async throws {
        let site = try await InstanceSite()
        let first = try await site.instance("Press 1")
        let second = try await site.instance("Press 2")
        let off = try await site.instance("Press 3", .stopped)
        let running = try site.registry(site.scripted)
        let one = try await site.scripted.started.first("a start") { _ in true }
        #expect(site.scripted.started.all.count == 1)
        try run(one)
        let two = try await site.scripted.started.first("another", after: 1) { _ in true }
        try run(two)
        try await running.state(.running, of: first)
        try await running.state(.running, of: second)
        #expect(running.registry.status(of: off.id).state == .stopped)
        #expect(site.scripted.started.all.count == 2)
        try await running.end()
        #expect(one.signals.all.isEmpty && two.signals.all.isEmpty)
    }

    @Test("A start with a clock that is decades ahead forgets no samples")
    func wrongClock() async throws {
        let site = try await InstanceSite()
        let instance = try await site.instance("Press 1", .stopped)
        // What was kept when the clock was right.
        let then = Timestamp.now() - .seconds(70 * 365 * 86_400)
        try await site.stores.resources.append(
            [
                ResourceSample(
                    at: then, rss: 1, heapUsed: nil, cpuPercent: 1, lagMilliseconds: nil)
            ], of: instance.id, now: then)
        let running = try site.registry(site.scripted)
        let other = try await site.instance("Press 2", .stopped)
        await running.registry.start(other.id)
        let process = try await site.scripted.started.first("a start") { _ in true }
        try run(process)
        try await running.state(.running, of: other)
        try await running.end()
        #expect(try await site.stores.resources.latest(of: instance.id) != nil)
    }

    @Test("A new instance is known as soon as somebody asks for it")
    func created() async throws {
        let site = try await InstanceSite()
        let running = try site.registry(site.scripted)
        let instance = try await site.instance("Later", .stopped)
        await running.registry.start(instance.id)
        let process = try await site.scripted.started.first("a start") { _ in true }
        try run(process)
        try await running.state(.running, of: instance)
        try await running.end()
    }

    @Test("Retiring stops it, and nobody looks after it any more")
    func retire() async throws {
        let site = try await InstanceSite()
        let instance = try await site.instance("Old")
        let running = try site.registry(site.scripted)
        let process = try await site.scripted.started.first("a start") { _ in true }
        try run(process)
        try await running.state(.running, of: instance)
        async let retired: Void = running.registry.retire(instance.id)
        try await process.signals.first("SIGTERM") { $0 == .terminate }
        process.end(.code(0))
        await retired
        #expect(running.registry.status(of: instance.id) == InstanceStatus(id: instance.id))
        #expect(running.registry.statuses().isEmpty)
        try await running.end()
    }

    @Test("With stop-instances everything ends with the appliance, and is wanted again later")
    func stopsOnExit() async throws {
        let site = try await InstanceSite()
        let instance = try await site.instance("Press 1")
        let running = try site.registry(site.scripted, stopsOnExit: true)
        let process = try await site.scripted.started.first("a start") { _ in true }
        try run(process)
        try await running.state(.running, of: instance)
        async let ended: Void = running.end()
        try await process.signals.first("SIGTERM") { $0 == .terminate }
        process.end(.code(0))
        try await ended
        #expect(try await site.stores.instances.get(instance.id).desiredState == .running)
    }

    @Test("An alarm is kept with what to do, told once, and cleared when it is over")
    func alarms() async throws {
        let site = try await InstanceSite()
        let instance = try await site.instance("Press 1")
        let told = site.bus.subscribe("alarms")
        let running = try site.registry(site.scripted)
        let process = try await site.scripted.started.first("a start") { _ in true }
        try process.event("listening")
        try process.event("missing-types", #","types":["modbus-read"]"#)
        let raised = try #require(await told.next())
        #expect(String(decoding: raised.payload, as: UTF8.self).contains("modbus-read"))
        let open = try await site.stores.alarms.list().items
        #expect(open.map(\.kind) == [.instanceMissingTypes])
        #expect(open.first?.object.name == "Press 1")
        try process.event("flows:started")
        try await running.state(.running, of: instance)
        let cleared = try #require(await told.next())
        #expect(String(decoding: cleared.payload, as: UTF8.self).contains(#""clearedAt":"2"#))
        #expect(try await site.stores.alarms.list().items.isEmpty)
        told.cancel()
        try await running.end()
    }

    @Test("An instance whose secrets do not open is said so and loses nothing")
    func foreignKey() async throws {
        let site = try await InstanceSite()
        let instance = try await site.factory.instance("Moved")
        try await site.stores.instances.setDesiredState(instance.id, to: .running, by: .site)
        let running = try site.registry(site.scripted)
        let status = try await running.state(.crashed, of: instance)
        #expect(status.detail?.contains("site.key") == true)
        try await running.end()
    }
}

@Suite(
    "Instances across restarts", .timeLimit(.minutes(10)),
    .enabled(
        if: StartPreparation.nodeOnPath() != nil,
        "no node on PATH: nothing that needs a real process of Node.js is tested"))
struct InstanceRestartTests {
    @Test("The appliance ends and comes back: Node-RED runs on and its log has no gap")
    func restart() async throws {
        let site = try await InstanceSite()
        let instance = try await site.instance("Press 1")
        let before = try site.registry()
        let first = try await before.state(.running, of: instance)
        try await before.end()
        let pid = try #require(first.pid)
        #expect(ProcessIdentity(running: pid) != nil)

        let after = try site.registry()
        let adopted = try await after.state(.running, of: instance)
        #expect(adopted.pid == pid && adopted.port == first.port)
        let log = try await site.stores.logs.page(of: instance.id)
        let greetings = log.records.filter { $0.text.hasPrefix("Practice runtime") }
        #expect(greetings.count == 1)
        await after.registry.stop(instance.id)
        try await after.state(.stopped, of: instance)
        #expect(ProcessIdentity(running: pid) == nil)
        try await after.end()
    }

    @Test("What was stopped stays off, what ran and died is started again")
    func wishes() async throws {
        let site = try await InstanceSite()
        let lives = try await site.instance("Lives")
        let off = try await site.instance("Off")
        let before = try site.registry()
        let pid = try #require(try await before.state(.running, of: lives).pid)
        try await before.state(.running, of: off)
        try await site.stores.instances.setDesiredState(off.id, to: .stopped, by: .site)
        try await before.end()
        kill(pid, SIGKILL)
        _ = try await eventually("its end") { ProcessIdentity(running: pid) == nil ? true : nil }

        let after = try site.registry()
        try await after.state(.stopped, of: off)
        let again = try await after.state(.running, of: lives)
        #expect(again.pid != pid)
        await after.registry.retire(lives.id)
        try await after.end()
    }
}
