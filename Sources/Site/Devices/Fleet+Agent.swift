import Basics
import Domain
import Store

/// `lineside agent`.
extension Fleet {
    func take(_ topic: AgentTopic, _ payload: [UInt8]) async {
        guard let device = await sender(topic.device, topic.team, as: .lineside) else { return }
        do throws(AgentProtocolFault) {
            switch topic.word {
            case .status:
                let status = try AgentStatus.read(payload)
                let wasThere = book[device.id]?.isConnected ?? false
                accept(
                    status.report(
                        at: parts.now(), after: book[device.id]?.report,
                        address: parts.address(device.id)), of: device)
                let known = max(status.revision, status.transaction.revision)
                if applies.reached(known, by: device.id) { couldTell(device.id) }
                if !wasThere { errands.put(.missed, for: device.id) }
                bringUp(device, status)
            case .reply: take(try AgentReply.read(payload), payload, of: device)
            case .command: refuse("a command that came from outside", device.id)
            }
        } catch { refuse(error.reason, device.id) }
        spoke(device)
    }

    private func take(_ reply: AgentReply, _ payload: [UInt8], of device: Device) {
        if let refusal = reply.refusal,
            applies.refused(reply.id, by: device.id, parts.clock.elapsed)
        {
            return note(refusal: refusal.text, by: device.id)
        }
        if applies.answered(reply.id, by: device.id) { return couldTell(device.id) }
        if let refusal = reply.refusal {
            correlator.resolve(
                reply.id.text, from: device.id,
                .failure(.refused(code: refusal.code, text: refusal.text)))
        } else {
            let value = try? JSONReader.read(payload, limit: AgentReply.limit)
            correlator.resolve(reply.id.text, from: device.id, .success(value ?? .null))
        }
    }

    /// Tells it what it shall be, unless it knows. One that failed at it is not told again before
    /// somebody changes something.
    private func bringUp(_ device: Device, _ status: AgentStatus) {
        let known = max(status.revision, status.transaction.revision)
        guard applies[device.id] == nil else { return }
        if known < device.revision || isWindowOld(device.id, status) {
            errands.put(.apply, for: device.id)
        }
    }

    /// A document names one opening of a window, which may be missed, or changed meanwhile.
    private func isWindowOld(_ id: Device.ID, _ status: AgentStatus) -> Bool {
        guard status.transaction.phase == .waiting else {
            waiting[id] = nil
            return false
        }
        let now = parts.clock.elapsed
        guard let since = waiting[id], now - since >= Self.windowAge else {
            if waiting[id] == nil { waiting[id] = now }
            return false
        }
        waiting[id] = now
        return true
    }

    /// 10 minutes.
    private static let windowAge = Duration.seconds(600)

    /// What a device that has just come back may have missed.
    func catchUp(_ id: Device.ID) async {
        for (topic, payload, life) in correlator.unanswered(by: id, parts.clock.elapsed) {
            try? await parts.link.publish(topic, payload, isSure: true, life: life)
        }
        guard !watches.subjects(of: id).isEmpty,
            let device = try? await parts.stores.devices.get(id), let agent = device.agent
        else { return }
        await startWatched(id, agent)
    }

    /// What a device said while the broker or we were away may be lost: one that was at work, or
    /// lagged behind, is told again, and answers with how it stands.
    func askAgain(_ id: Device.ID) async {
        guard let report = book[id]?.report,
            let device = try? await parts.stores.devices.get(id), device.agent == .lineside
        else { return }
        let isAtWork = ![.idle, .failed, .inconsistent].contains(report.step.phase)
        let known = max(report.revision ?? 0, report.step.revision ?? 0)
        guard isAtWork || known < device.revision || applies[id] != nil else { return }
        await apply(id)
    }

    func apply(_ id: Device.ID) async {
        do {
            let wanted = try await parts.stores.devices.wanted(id)
            let document = try await parts.documents.document(
                for: wanted, held: book[id]?.report?.snapshotID)
            let former = applies[id]
            let command = AgentCommand(
                id: former?.revision == document.revision
                    ? former?.command ?? .random() : .random(),
                order: .apply(document, retry: false), at: parts.now())
            var bytes = command.bytes
            if bytes.count > AgentCommand.limit / 2 {
                bytes =
                    AgentCommand(
                        id: command.id, order: .fetch(revision: document.revision, retry: false),
                        at: command.at
                    ).bytes
            }
            applies.sent(
                command.id, revision: document.revision, to: id, parts.clock.elapsed)
            let topic = AgentTopic(.command, team: wanted.device.teamID, device: id).text
            if applies[id]?.isRefused != true { couldTell(id) }
            try await parts.link.publish(topic, bytes, isSure: true)
        } catch { couldNotTell(id, error) }
    }

    func sendApplies(_ now: Duration) {
        guard isLinkUp else { return }
        for id in applies.takeDue(now) {
            // One that is away is told when it comes back.
            if book[id]?.isConnected == true {
                errands.put(.apply, for: id)
            } else {
                applies.forget(id)
            }
        }
    }
}

extension AgentStatus {
    /// - Parameters:
    ///   - former: what it said before.
    ///   - address: from where, if that is known.
    func report(
        at now: Timestamp, after former: DeviceReport?, address: String?
    ) -> DeviceReport {
        DeviceReport(
            seenAt: now, address: address ?? former?.address,
            state: transaction.phase == .inconsistent
                ? .error : DeviceState(reported: state.rawValue),
            mode: mode, snapshotID: snapshot, revision: revision,
            step: .init(
                phase: DevicePhase(rawValue: transaction.phase.rawValue) ?? .idle,
                revision: transaction.revision, deployment: transaction.deployment,
                done: transaction.done, of: transaction.of, reason: transaction.reason,
                until: transaction.until),
            problem: problem, agentVersion: agentVersion, nodeVersion: nodeVersion,
            nodeREDVersion: nodeREDVersion, architecture: architecture, uptimeSeconds: uptime,
            clock: clock, bootID: bootID,
            serial: serial, packages: former?.packages ?? [])
    }
}
