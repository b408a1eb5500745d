import Basics
package import Domain
import Store

/// The unmodified FlowFuse agent.
extension Fleet {
    func take(_ topic: StockTopic, _ payload: [UInt8]) async {
        guard let device = await sender(topic.device, topic.team, as: .stock) else { return }
        do throws(StockFault) {
            switch topic.word {
            case .status: await take(try StockStatus.read(payload), of: device)
            // Kept by `streams`.
            case .logs, .resources: break
            case .response:
                let reply = try StockReply.read(payload, from: device.id)
                correlator.resolve(reply.correlation, from: device.id, Self.result(reply))
            case .command: refuse("a command that came from outside", device.id)
            }
        } catch { refuse(error.description, device.id) }
        spoke(device)
    }

    /// What failed says so inside of its payload: an `action` in one way, an editor in another.
    private static func result(_ reply: StockReply) -> Result<JSONValue, FleetFault> {
        if reply.payload["connected"]?.bool == false {
            let code = String((reply.payload["error"]?.string ?? "unexpected").prefix(64))
            let text =
                code == "noNRRunning"
                ? "Node-RED does not run on the device." : "The device cannot open its editor."
            return .failure(.refused(code: code, text: text))
        }
        guard reply.payload["success"]?.bool == false else { return .success(reply.payload) }
        let error = reply.payload["error"]
        return .failure(
            .refused(
                code: error?["code"]?.string ?? "unexpected_error",
                text: String((error?["message"]?.string ?? "It gave no reason.").prefix(500))))
    }

    private func take(_ message: StockStatus.Message, of device: Device) async {
        let former = book[device.id]?.report
        switch message {
        case .updating:
            var report = former ?? DeviceReport(seenAt: parts.now())
            report.seenAt = parts.now()
            report.state = .updating
            report.step = .init(phase: .stage)
            accept(report, of: device)
        case .status(let status):
            let report = status.report(at: parts.now(), after: former)
            accept(report, of: device)
            if status.state == "unknown" { await startWatched(device.id, .stock) }
            await answer(status, of: device)
        }
    }

    private func answer(_ status: StockStatus, of device: Device) async {
        do {
            let desired = try await parts.content.desired(of: device.id)
            if let update = desired.answer(to: status) { try await tell(update, device) }
            couldTell(device.id)
        } catch {
            // It asks again with its next status, and runs what it has meanwhile.
            couldNotTell(device.id, error)
        }
    }

    func tell(_ update: StockUpdate, _ device: Device) async throws(FleetFault) {
        let topic = StockTopic(.command, team: device.teamID, device: device.id).text
        try await parts.link.publish(topic, update.json, isSure: false)
    }

    /// One that has no reply.
    func tell(_ word: StockCommand.Word, _ device: Device) async throws(FleetFault) {
        let command = StockCommand(word).bytes(
            to: device.id, in: device.teamID, correlation: "", at: parts.now(), until: parts.now())
        let topic = StockTopic(.command, team: device.teamID, device: device.id).text
        try await parts.link.publish(topic, command, isSure: false)
    }

    package func isEditorToken(_ token: String, of id: Device.ID) -> Bool {
        guard let current = editorTokens[id] else { return false }
        return Secrecy.equal(current.utf8, token.utf8)
    }

    /// A status that came by HTTP.
    package func checkIn(_ status: StockStatus, of device: Device) async throws -> StockCheckIn {
        let report = status.report(at: parts.now(), after: book[device.id]?.report)
        accept(report, of: device)
        cameByPolling(device.id)
        return StockCheckIn(try await parts.content.desired(of: device.id), status: status)
    }

    /// One that is connected to the broker too is there in any case.
    private func cameByPolling(_ id: Device.ID) {
        polled[id] = parts.clock.elapsed
        if book[id]?.isConnected != true {
            let presence = DevicePresence(isConnected: true, since: parts.now(), isPolled: true)
            if book.put(presence, of: id) { noteChange(id) }
        }
        carryOut(judge.came(id))
    }

    func pollEnded(_ id: Device.ID, _ now: Duration) {
        guard book[id]?.presence?.isPolled == true else { return }
        disappeared(id, now)
    }

    nonisolated func keep(_ records: [LogRecord], of id: Device.ID) async {
        guard !records.isEmpty else { return }
        do throws(StoreError) {
            let kept = try await parts.stores.logs.append(records, ofDevice: id)
            parts.bus.publish("device/\(id)/log") {
                var json = JSONWriter()
                json.object { json in
                    json.array("records") { json in for record in kept { record.write(to: &json) } }
                    json.field("missed", 0)
                }
                return json.bytes
            }
        } catch { log.warning("the log of device \(id) could not be kept: \(error)") }
    }

    nonisolated func keep(_ samples: [ResourceSample], of id: Device.ID) async {
        guard !samples.isEmpty else { return }
        do throws(StoreError) {
            let kept = try await parts.stores.resources.append(
                samples, ofDevice: id, now: parts.now())
            // Those that it had kept are read with the history.
            if let last = kept.last { parts.bus.publish("device/\(id)/resources") { last.json } }
        } catch { log.warning("samples of device \(id) could not be kept: \(error)") }
    }
}
