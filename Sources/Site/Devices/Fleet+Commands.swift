package import Basics
package import Domain
import Store

/// What the rest of the house asks of the fleet.
extension Fleet {
    /// - Returns: what the device answered; `null` where a kind of agent answers nothing.
    /// - Throws: `.offline` at once where it is not there; nothing is kept for later.
    @discardableResult
    package func send(
        _ command: DeviceCommand, to id: Device.ID, timeout: Duration? = nil
    ) async throws(FleetFault) -> JSONValue {
        let device: Device
        do throws(StoreError) { device = try await parts.stores.devices.get(id) } catch {
            throw .store(error)
        }
        guard let presence = book[id]?.presence, presence.isConnected else { throw .offline }
        guard !presence.isPolled else {
            throw .unsupported(
                "This agent asks by HTTP what it shall run and takes no orders: give it MQTT in its "
                    + "device.yml.")
        }
        guard !correlator.isFull(for: id) else { throw .busy }
        switch device.agent {
        case .stock: return try await send(stock: command, to: device, timeout)
        case .lineside: return try await send(own: command, to: device, timeout)
        case nil: throw .offline
        }
    }

    func bringUp(_ id: Device.ID) async {
        guard let device = try? await parts.stores.devices.get(id) else { return forget(id) }
        book.place(device)
        noteChange(id)
        // One that comes by HTTP hears it when it comes next.
        guard let presence = book[id]?.presence, presence.isConnected, !presence.isPolled else {
            return
        }
        switch device.agent {
        case .stock:
            do {
                try await tell(StockUpdate(try await parts.content.desired(of: id)), device)
                couldTell(id)
            } catch { couldNotTell(id, error) }
        case .lineside: await apply(id)
        case nil: break
        }
    }

    /// It is of this site no more.
    package func forget(_ id: Device.ID) {
        book.remove(id)
        applies.forget(id)
        correlator.fail(id, .offline)
        carryOut(judge.forget(id))
        editorTokens[id] = nil
        heard[id] = nil
        forgetAllowance(id)
        streams.forget(id)
        waiting[id] = nil
        untold[id] = nil
        polled[id] = nil
        troubled[id] = nil
        noteChange(id)
    }

    private func send(
        stock command: DeviceCommand, to device: Device, _ timeout: Duration?
    ) async throws(FleetFault) -> JSONValue {
        let words: StockCommand
        switch command {
        case .start: words = .action(.start)
        case .stop: words = .action(.suspend)
        case .restart: words = .action(.restart)
        case .capture: words = .upload
        case .openEditor(let token):
            editorTokens[device.id] = token
            words = .startEditor(token: token)
        case .closeEditor:
            editorTokens[device.id] = nil
            words = StockCommand(.stopEditor)
        case .listPackages: words = StockCommand(.reportPackages)
        case .askState: words = StockCommand(.liveState)
        case .identify, .renew, .overrideDefer:
            throw .unsupported("The FlowFuse agent cannot do this; Lineside's own agent can.")
        }
        guard words.word.hasReply else {
            try await tell(words.word, device)
            return .null
        }
        let correlation = Hex.encode(Randomness.bytes(16))
        let limit = timeout ?? command.timeout
        let now = parts.now()
        let bytes = words.bytes(
            to: device.id, in: device.teamID, correlation: correlation, at: now,
            until: now + limit)
        let topic = StockTopic(.command, team: device.teamID, device: device.id).text
        return try await ask(device.id, correlation, (topic, bytes), limit, repeats: false)
    }

    private func send(
        own command: DeviceCommand, to device: Device, _ timeout: Duration?
    ) async throws(FleetFault) -> JSONValue {
        let order: AgentCommand.Order
        switch command {
        case .start: order = .start
        case .stop: order = .stop
        case .restart: order = .restart
        case .identify: order = .identify
        case .renew: order = .renew
        case .capture: order = .capture
        case .openEditor(let token): order = .tunnel(token: token)
        case .closeEditor: order = .untunnel
        case .overrideDefer(let reason): order = .overrideDefer(reason: reason)
        // It says so by itself whenever something changes.
        case .listPackages, .askState: return .null
        }
        let limit = timeout ?? command.timeout
        let now = parts.now()
        let words = AgentCommand(order: order, at: now, until: now + limit)
        let topic = AgentTopic(.command, team: device.teamID, device: device.id).text
        // A command that comes twice is done once there.
        return try await ask(
            device.id, words.id.text, (topic, words.bytes), limit, repeats: true)
    }

    private func ask(
        _ id: Device.ID, _ correlation: String, _ message: (topic: String, payload: [UInt8]),
        _ limit: Duration, repeats: Bool
    ) async throws(FleetFault) -> JSONValue {
        let now = parts.clock.elapsed
        let again: [Duration] = repeats ? [.seconds(2), .seconds(6), .seconds(14)] : []
        let result = await withCheckedContinuation { waiting in
            // Waits before it speaks: the answer may come before the broker has thanked.
            correlator.wait(
                correlation, device: id, until: now + limit, waiting,
                again: again.map { now + $0 }, resend: repeats ? message : nil)
            Task { await self.publish(message, limit, correlation, id) }
        }
        return try result.get()
    }

    private func publish(
        _ message: (topic: String, payload: [UInt8]), _ life: Duration, _ correlation: String,
        _ id: Device.ID
    ) async {
        do throws(FleetFault) {
            try await parts.link.publish(
                message.topic, message.payload, isSure: true, life: life)
        } catch { correlator.resolve(correlation, from: id, .failure(error)) }
    }
}
