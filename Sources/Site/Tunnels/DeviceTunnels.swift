import Basics
package import Domain
package import HTTP
package import Net
import Synchronization

/// The tunnels of the devices that somebody works on: asks for one where there is none, takes the
/// one that comes, and lets it go when nobody has used it for a while.
package final class DeviceTunnels: Service {
    /// A way to a device's Node-RED.
    package enum Line: Sendable {
        /// Of `lineside agent`.
        case stream(Tunnel, Upstream)
        /// Of a stock agent: its editor only.
        case stock(StockTunnel)

        func close() {
            switch self {
            case .stream(let tunnel, _): tunnel.close()
            case .stock(let tunnel): tunnel.close()
            }
        }
    }

    private struct Place {
        let agent: Device.Agent
        let token: String
        var line: Line?
        var number = 0
        var lastUse: ContinuousClock.Instant
        var waiting: [Waiting] = []
    }

    private struct Waiting {
        let number: UInt64
        let resume: CheckedContinuation<Result<Line, TunnelFault>, Never>
    }

    private struct State {
        var places: [Device.ID: Place] = [:]
        var next: UInt64 = 0
    }

    /// What an arriving device is told.
    package enum Welcome: Sendable, Equatable { case expected, wrongToken, notExpected }

    /// 20 s: a stock agent says that it comes after up to 10 s, since it looks every 2 s.
    private static let patience = Duration.seconds(20)
    /// 5 min: who reads what he sees comes back; a tunnel costs a connection and little else.
    private static let idleLimit = Duration.seconds(300)

    private let opener: any TunnelOpener
    private let door: DeviceDoor
    private let loop: EventLoop
    private let state = Mutex(State())
    private let log = Log("tunnel")

    /// - Parameter loop: where tunnels live.
    package init(opener: any TunnelOpener, door: DeviceDoor, loop: EventLoop) {
        self.opener = opener
        self.door = door
        self.loop = loop
    }

    package var count: Int { state.withLock { $0.places.values.count { $0.line != nil } } }

    // MARK: Whoever needs one

    /// The way to a device that is there, or the one that it makes now.
    package func line(
        to device: Device.ID, agent: Device.Agent
    ) async throws(TunnelFault) -> Line {
        let (line, token) = state.withLock { state -> (Line?, String?) in
            let now = ContinuousClock.now
            if state.places[device]?.agent == agent {
                state.places[device]?.lastUse = now
                if let line = state.places[device]?.line { return (line, nil) }
                if state.places[device]?.waiting.isEmpty == false { return (nil, nil) }
            }
            // A stock agent comes back by itself with the token that it has.
            let token =
                state.places[device]?.token ?? Self.token(for: device, agent: agent)
            state.places[device] = Place(agent: agent, token: token, lastUse: now)
            return (nil, token)
        }
        if let line { return line }
        return try await wait(for: device) { [self] in
            guard let token else { return }
            Task {
                do throws(TunnelFault) {
                    try await opener.open(device, agent: agent, token: token)
                } catch { fail(device, token, error) }
            }
        }
    }

    private static func token(for device: Device.ID, agent: Device.Agent) -> String {
        let secret = Hex.encode(Randomness.bytes(24))
        return agent == .stock ? "ffde_\(device)_\(secret)" : secret
    }

    /// - Parameter begin: called once somebody waits: a refusal that came before would be nobody's.
    private func wait(
        for device: Device.ID, begin: @Sendable () -> Void
    ) async throws(TunnelFault) -> Line {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Line, TunnelFault>, Never>) in
            let (ready, number) = state.withLock { state -> (Result<Line, TunnelFault>?, UInt64) in
                if let line = state.places[device]?.line { return (.success(line), 0) }
                guard state.places[device] != nil else { return (.failure(.offline), 0) }
                state.next += 1
                state.places[device]?.waiting.append(
                    Waiting(number: state.next, resume: continuation))
                return (nil, state.next)
            }
            if let ready { return continuation.resume(returning: ready) }
            begin()
            loop.execute { [self] in
                _ = loop.schedule(after: Self.patience) { [weak self] in
                    self?.giveUp(device, number)
                }
            }
        }
        return try result.get()
    }

    private func giveUp(_ device: Device.ID, _ number: UInt64) {
        let waiting = state.withLock { state -> Waiting? in
            guard
                let index = state.places[device]?.waiting.firstIndex(where: { $0.number == number })
            else { return nil }
            return state.places[device]?.waiting.remove(at: index)
        }
        waiting?.resume.resume(returning: .failure(.timedOut))
    }

    private func fail(_ device: Device.ID, _ token: String, _ fault: TunnelFault) {
        let waiting = state.withLock { state -> [Waiting] in
            guard let place = state.places[device], place.token == token, place.line == nil else {
                return []
            }
            state.places[device] = nil
            return place.waiting
        }
        for each in waiting { each.resume.resume(returning: .failure(fault)) }
    }

    // MARK: Whoever comes

    /// Whether a device with this token is waited for.
    package func welcome(_ device: Device.ID, _ agent: Device.Agent, token: String) -> Welcome {
        state.withLock { state in
            guard let place = state.places[device], place.agent == agent else {
                return .notExpected
            }
            return Secrecy.equal(Array(place.token.utf8), Array(token.utf8))
                ? .expected : .wrongToken
        }
    }

    /// A device of ours has come with the right token. Returns when its tunnel has ended.
    package func serve(_ socket: WebSocket, of proven: ProvenDevice, from address: String) async {
        let tunnel = Tunnel(socket, loop: loop)
        guard let key = door.enter(proven, from: address, cut: { tunnel.close() }) else { return }
        let number = put(
            .stream(tunnel, tunnel.upstream("device \(proven.device)")), for: proven.device)
        await tunnel.run()
        door.leave(key)
        take(number, of: proven.device)
    }

    /// A stock agent has. Returns when its tunnel has ended.
    package func serve(stock socket: WebSocket, token: String, of device: Device.ID) async {
        let tunnel = StockTunnel(socket)
        let number = put(.stock(tunnel), for: device)
        await tunnel.run()
        take(number, of: device)
    }

    /// The newest counts.
    private func put(_ line: Line, for device: Device.ID) -> Int {
        let (former, waiting, number) = state.withLock { state -> (Line?, [Waiting], Int) in
            guard var place = state.places[device] else { return (line, [], -1) }
            defer { state.places[device] = place }
            let former = place.line
            let waiting = place.waiting
            place.line = line
            place.waiting = []
            place.number += 1
            place.lastUse = .now
            return (former, waiting, place.number)
        }
        former?.close()
        for each in waiting { each.resume.resume(returning: .success(line)) }
        return number
    }

    private func take(_ number: Int, of device: Device.ID) {
        state.withLock { state in
            if state.places[device]?.number == number { state.places[device]?.line = nil }
        }
    }

    // MARK: Ending

    /// Ends the way to a device, and takes its token back.
    package func end(_ device: Device.ID) async {
        let place = state.withLock { $0.places.removeValue(forKey: device) }
        guard let place else { return }
        for each in place.waiting { each.resume.resume(returning: .failure(.offline)) }
        place.line?.close()
        await opener.close(device, agent: place.agent)
    }

    /// Lets go of what nobody uses; at the end, of everything.
    package func run() async throws {
        while !Task.isCancelled {
            // Ended by cancellation only, which the loop's condition sees.
            try? await Task.sleep(for: .seconds(30))
            for device in await idle() { await end(device) }
        }
        let places = state.withLock { state in
            defer { state.places = [:] }
            return Array(state.places.values)
        }
        for place in places {
            place.line?.close()
            for each in place.waiting { each.resume.resume(returning: .failure(.offline)) }
        }
    }

    private func idle() async -> [Device.ID] {
        let limit = ContinuousClock.now - Self.idleLimit
        let old = state.withLock { $0.places.filter { $0.value.lastUse < limit } }
        var found: [Device.ID] = []
        for (device, place) in old where place.waiting.isEmpty {
            switch place.line {
            case .stream(let tunnel, _): if await isUsed(tunnel) { continue }
            case .stock(let tunnel): if tunnel.isUsed { continue }
            case nil: break
            }
            found.append(device)
        }
        return found
    }

    private func isUsed(_ tunnel: Tunnel) async -> Bool {
        await withCheckedContinuation { continuation in
            loop.execute { continuation.resume(returning: tunnel.use.count > 0) }
        }
    }
}
