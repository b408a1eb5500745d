import Basics
import Domain
import Glibc
import LinesideTesting
import Processes
import Site
import Synchronization
import Testing

/// The practice runtime under a supervisor, in real time.
@Suite(
    "Instance process", .timeLimit(.minutes(10)),
    .enabled(
        if: StartPreparation.nodeOnPath() != nil,
        "no node on PATH: nothing that needs a real process of Node.js is tested"))
struct InstanceProcessTests {
    private func started(
        practice: String? = nil, flows: String? = nil
    ) async throws -> (SupervisedInstance, InstanceSupervisor) {
        let instance = try SupervisedInstance()
        if let flows { try instance.flows(flows) }
        let supervisor = try instance.realSupervisor(practice: practice)
        await supervisor.resume()
        await supervisor.start()
        return (instance, supervisor)
    }

    @Test("It starts, runs, answers a probe, and stops when it is asked to")
    func life() async throws {
        let (instance, supervisor) = try await started()
        let status = try await instance.state(.running)
        let port = try #require(status.port)
        let file = try #require(ProcessFile(path: instance.layout.processFile))
        let probe = LoopbackProbe()
        // One probe is one try: a busy server may let its time pass.
        let (path, id) = (file.alivePath, instance.id)
        _ = try await eventually("an answer to a probe") {
            await probe.isAlive(port: port, path: path, instance: id, nonce: file.nonce)
                ? true : nil
        }
        #expect(
            await !probe.isAlive(
                port: port, path: file.alivePath, instance: instance.id, nonce: "another"))
        await supervisor.stop()
        try await instance.state(.stopped)
        #expect(!file.identity.isRunning)
        #expect(instance.journal.records.all.contains { $0.text.hasPrefix("Practice runtime") })
    }

    @Test("Node-RED runs on without us, is adopted, and no line of its log is lost or repeated")
    func adoption() async throws {
        let (instance, supervisor) = try await started(practice: "flood=40")
        let first = try await instance.state(.running)
        try await instance.journal.records.first("a line") { $0.text == "flood 20" }
        await supervisor.letGo()
        let pid = try #require(first.pid)
        let file = try #require(ProcessFile(path: instance.layout.processFile))
        #expect(file.standing == .running && file.identity.pid == pid)

        let told = instance.statuses.all.count
        let next = try instance.realSupervisor()
        await next.resume()
        let adopted = try await instance.state(.running, after: told)
        #expect(adopted.pid == pid && adopted.port == first.port)
        try await instance.journal.records.first("a later line") { $0.text == "flood 80" }
        let numbers = instance.journal.texts.filter { $0.hasPrefix("flood ") }
            .compactMap { Int($0.dropFirst(6)) }
        #expect(numbers == Array(1...numbers.count))
        await next.kill()
        try await instance.state(.stopped)
        #expect(!file.identity.isRunning)
    }

    @Test("What ended while no appliance ran is started again, not adopted")
    func notAdopted() async throws {
        let (instance, supervisor) = try await started()
        let pid = try #require(try await instance.state(.running).pid)
        await supervisor.letGo()
        kill(pid, SIGKILL)
        let told = instance.statuses.all.count
        _ = try await eventually("the end of the process") {
            ProcessIdentity(running: pid) == nil ? true : nil
        }
        let next = try instance.realSupervisor()
        await next.resume()
        await next.start()
        let again = try await instance.state(.running, after: told)
        #expect(again.pid != pid)
        await next.kill()
        try await instance.state(.stopped, after: told)
    }

    @Test("A second start on one directory is refused while the first runs")
    func lock() async throws {
        let (instance, supervisor) = try await started()
        let first = try await instance.state(.running)
        await supervisor.letGo()
        // As if what was written down had been lost.
        unlink(instance.layout.processFile)
        let told = instance.statuses.all.count
        let next = try instance.realSupervisor()
        await next.resume()
        await next.start()
        let status = try await instance.state(.crashed, after: told)
        #expect(status.detail?.contains("Another process holds") == true)
        #expect(instance.alarms.open == [.instanceDirectory])
        let pid = try #require(first.pid)
        #expect(ProcessIdentity(running: pid) != nil)
        kill(-pid, SIGKILL)
    }

    @Test("A process that is just ending delays a start, and does not break it")
    func lingering() async throws {
        let instance = try SupervisedInstance()
        try instance.layout.makeDirectories()
        let path = instance.layout.lock
        let isHeld = Told<Bool>()
        let holder = Task.detached {
            let lock = try FileLock.take(path)
            isHeld.add(lock != nil)
            // Stands for a process that is just ending.
            usleep(500_000)
            _ = consume lock
        }
        try await isHeld.first("the lock") { $0 }
        let supervisor = try instance.realSupervisor(lockPatience: .seconds(240))
        await supervisor.start()
        try await instance.state(.running)
        try await holder.value
        #expect(instance.alarms.open.isEmpty)
        await supervisor.stop()
        try await instance.state(.stopped)
    }

    @Test("One that is killed comes back")
    func killed() async throws {
        let (instance, supervisor) = try await started()
        let first = try await instance.state(.running)
        let told = instance.statuses.all.count
        kill(try #require(first.pid), SIGKILL)
        let waiting = try await instance.state(.backingOff, after: told)
        #expect(waiting.detail?.contains("was killed") == true)
        let again = try await instance.statuses.first("another process that runs", after: told) {
            $0.state == .running && $0.pid != first.pid
        }
        #expect(again.port == first.port && again.restarts == 1)
        await supervisor.kill()
        try await instance.state(.stopped)
    }

    @Test("One that ignores SIGTERM is killed with all that it started when the grace is over")
    func ignoresTerm() async throws {
        let instance = try SupervisedInstance()
        let supervisor = try instance.realSupervisor(practice: "ignore-term", byHand: true)
        await supervisor.start()
        let pid = try #require(try await instance.state(.running).pid)
        await supervisor.stop()
        try await instance.state(.stopping)
        try await instance.clock.sleeps.first("the grace timer") { $0 == .seconds(20) }
        #expect(ProcessIdentity(running: pid) != nil)
        instance.clock.advance(.seconds(20))
        try await instance.state(.stopped)
        #expect(ProcessStatus.members(ofSession: pid).isEmpty)
    }

    @Test("A process that dies again and again ends in safe mode, then in crashed, not in a loop")
    func crashLoop() async throws {
        let instance = try SupervisedInstance()
        let supervisor = try instance.realSupervisor(practice: "crash=20", byHand: true)
        await supervisor.start()
        for round in 1...4 { try await instance.clock.endPause(round) }
        let status = try await instance.state(.crashed)
        #expect(status.detail?.contains("even in safe mode") == true)
        #expect(instance.alarms.open == [.instanceCrashed])
        let starts = instance.journal.texts.filter { $0.hasPrefix("Practice runtime") }
        #expect(starts.count == 6)
        #expect(instance.journal.texts.contains { $0.contains("told to crash") })
    }

    @Test("flows.json that is no JSON is not overwritten and not tried again")
    func brokenFlows() async throws {
        let (instance, supervisor) = try await started(flows: "[{\"id\":")
        let status = try await instance.state(.crashed)
        #expect(status.detail == InstanceTrouble.flowsUnreadable.sentence)
        #expect(instance.alarms.open == [.instanceFlowsUnreadable])
        let kept = try InstanceFiles(instance.layout).read().flows
        #expect(kept == Array("[{\"id\":".utf8))
        await supervisor.letGo()
    }

    @Test("Missing node types are named")
    func missingTypes() async throws {
        let flows = #"[{"id":"a","type":"tab"},{"id":"b","type":"modbus-read","z":"a"}]"#
        let (instance, supervisor) = try await started(flows: flows)
        let status = try await instance.state(.unhealthy)
        #expect(status.detail?.contains("modbus-read") == true)
        await supervisor.kill()
        try await instance.state(.stopped)
    }

    @Test("Credentials under another secret: it runs, with a warning")
    func credentials() async throws {
        let instance = try SupervisedInstance()
        let sealed =
            Hex.encode(Randomness.bytes(16)) + Base64URL.encodeClassic(Randomness.bytes(40))
        try InstanceFiles(instance.layout).install(
            flows: Array("[]".utf8), credentials: Array(#"{"$":"\#(sealed)"}"#.utf8))
        let supervisor = try instance.realSupervisor()
        await supervisor.start()
        let status = try await instance.state(.running)
        #expect(status.detail?.contains("credentials") == true)
        #expect(instance.alarms.open == [.instanceCredentials])
        await supervisor.kill()
        try await instance.state(.stopped)
    }

    @Test("A port that somebody else took since is changed")
    func port() async throws {
        let instance = try SupervisedInstance()
        let listener = try SilentPort(listens: true)
        let taken = Int(listener.number)
        instance.catalog.definition.withLock { $0.port = taken }
        let supervisor = try instance.realSupervisor()
        await supervisor.start()
        let status = try await instance.state(.running)
        #expect(status.port != taken && status.port != nil)
        withExtendedLifetime(listener) {}
        await supervisor.kill()
        try await instance.state(.stopped)
    }

    @Test("A flood of lines costs bounded disk, and says how many were not written")
    func flood() async throws {
        let (instance, supervisor) = try await started(practice: "flood=20000")
        try await instance.journal.records.first("the count") {
            $0.text.contains("records were not written")
        }
        await supervisor.kill()
        try await instance.state(.stopped)
        var information = stat()
        stat("\(instance.layout.log)/out.log", &information)
        #expect(information.st_blocks * 512 < 4 << 20)
    }

    @Test(
        "A busy loop is found by its silence and killed",
        .enabled(if: getenv("LINESIDE_LONG") != nil))
    func hang() async throws {
        let (instance, supervisor) = try await started(practice: "hang=500")
        try await instance.state(.running)
        let status = try await instance.state(.backingOff)
        #expect(status.detail?.contains("endless loop") == true)
        #expect(instance.alarms.open.contains(.instanceUnresponsive))
        await supervisor.kill()
        try await instance.state(.stopped)
    }
}
