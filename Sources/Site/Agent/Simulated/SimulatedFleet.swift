import Basics
import Crypto
import Domain
package import Net
import Synchronization

/// Many devices that are not there, in one process: to see how an appliance bears them. Each has a
/// certificate of its own from the real enrolment, kept between runs.
package final class SimulatedFleet: Sendable {
    package struct Fault: Error, Sendable, CustomStringConvertible {
        package let description: String
        init(_ text: String) { description = text }
    }

    /// 16: the appliance signs them one after the other anyway.
    private static let enrolling = 16

    private let settings: SimulationSettings
    private let loops: EventLoopGroup
    private let devices = Mutex<[SimulatedDevice]>([])
    private let over = Atomic<Bool>(false)
    package let tally = SimulationTally()

    package init(_ settings: SimulationSettings, loops: EventLoopGroup) {
        self.settings = settings
        self.loops = loops
    }

    private func directory(_ number: Int) -> String { "\(settings.directory)/\(number)" }
    private func file(_ number: Int) -> String { "\(directory(number))/identity.json" }

    /// Lets in those that are not in yet.
    /// - Parameter bundle: text of a bundle of enough uses; `nil`: all must be in.
    /// - Returns: how many were let in now.
    package func enrol(_ bundle: [UInt8]?) async throws(Fault) -> Int {
        let missing = (0..<settings.count).filter { SimulatedIdentity.load(file($0)) == nil }
        guard !missing.isEmpty else { return 0 }
        guard let bundle else {
            throw Fault("\(missing.count) devices are not enrolled yet: name a bundle")
        }
        let enrolment = try SimulatedEnrolment(bundle, settings, loops)
        let gate = Gate(Self.enrolling)
        let failure = await withTaskGroup(of: String?.self) { group in
            for number in missing {
                group.addTask { await self.admit(number, enrolment, gate) }
            }
            var first: String?
            for await failure in group where failure != nil && first == nil {
                first = failure
                group.cancelAll()
            }
            return first
        }
        if let failure { throw Fault(failure) }
        return missing.count
    }

    /// - Returns: why it was not let in.
    private func admit(
        _ number: Int, _ enrolment: SimulatedEnrolment, _ gate: Gate
    ) async -> String? {
        await gate.enter()
        defer { gate.leave() }
        guard !Task.isCancelled else { return nil }
        do {
            try await enrol(number, enrolment)
            return nil
        } catch {
            return "device \(number): \(error)"
        }
    }

    /// Apart from its `catch`: together they crash the optimizer of Swift 6.3.
    private func enrol(_ number: Int, _ enrolment: SimulatedEnrolment) async throws {
        try Files.makeDirectory(directory(number))
        try await enrolment.enrol(number).save(file(number))
    }

    /// Makes them and lets those connect that are not to be away.
    package func start() throws(Fault) {
        guard let first = SimulatedIdentity.load(file(0)) else { throw Fault("nobody is enrolled") }
        let workshop: SimulatedWorkshop
        do throws(NetError) {
            workshop = try SimulatedWorkshop(
                settings, tally, authorities: Array(first.authorities.utf8), loops: loops)
        } catch { throw Fault("\(error)") }
        var made: [SimulatedDevice] = []
        for number in 0..<settings.count {
            guard let identity = SimulatedIdentity.load(file(number)) else {
                throw Fault("device \(number) is not enrolled")
            }
            do throws(OpenSSLError) {
                made.append(
                    try SimulatedDevice(
                        number, identity, in: directory(number), on: loops.next(), workshop))
            } catch { throw Fault("device \(number): \(error)") }
        }
        devices.withLock { $0 = made }
        for device in made where !isAway(device.number) { device.start() }
    }

    private func isAway(_ number: Int) -> Bool {
        settings.isChosen(number, percent: settings.offlinePercent, salt: 2)
    }

    package var expected: Int { (0..<settings.count).count { !isAway($0) } }

    /// All connections at once, as when a switch is pulled.
    /// - Parameter fresh: the devices forget their TLS sessions.
    package func drop(fresh: Bool) {
        for device in devices.withLock({ $0 }) { device.drop(fresh: fresh) }
    }

    /// Those that were away come.
    package func arrive() {
        for device in devices.withLock({ $0 }) where isAway(device.number) { device.start() }
    }

    /// Somebody has said that it is enough.
    package var isOver: Bool { over.load(ordering: .relaxed) }
    package func end() { over.store(true, ordering: .relaxed) }

    package func stop() { for device in devices.withLock({ $0 }) { device.stop() } }
}
