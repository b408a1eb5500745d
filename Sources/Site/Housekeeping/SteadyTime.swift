package import Basics
package import Domain
package import Store

/// Asked by everybody who removes what is old, before it does. Remembers over restarts where the
/// clock stood.
package actor SteadyTime {
    private static let key = "site.clock-trust"
    /// What a kill may cost; within what `ClockTrust` lets pass.
    private static let step = Duration.seconds(3600)

    private let settings: SettingStore
    private let clock: @Sendable () -> Timestamp
    private let uptime: @Sendable () -> Duration
    private var trust: ClockTrust?
    private var kept: ClockTrust?
    private var looked: Duration?

    /// - Parameter uptime: how long the appliance has run; nobody can set it.
    package init(
        settings: SettingStore, clock: @escaping @Sendable () -> Timestamp = Timestamp.now,
        uptime: @escaping @Sendable () -> Duration = SteadyTime.uptime()
    ) {
        self.settings = settings
        self.clock = clock
        self.uptime = uptime
    }

    package static func uptime() -> @Sendable () -> Duration {
        let start = ContinuousClock.now
        return { ContinuousClock.now - start }
    }

    /// Whether something may go because it is old.
    /// - Throws: then nothing may.
    package func isSteady() async throws(StoreError) -> Bool { try await look().doubt == nil }

    package func look() async throws(StoreError) -> ClockTrust {
        if trust == nil { try await load() }
        var trust = self.trust ?? ClockTrust(known: clock())
        let moment = uptime()
        trust.observe(clock(), ran: looked.map { moment - $0 } ?? .zero)
        (self.trust, looked) = (trust, moment)
        try await keep(trust)
        return trust
    }

    /// An administrator says that the clock is right.
    package func confirm(by actor: Actor) async throws(StoreError) {
        var trust = try await look()
        guard trust.doubt != nil else { return }
        let former = trust.known
        trust.confirm(clock())
        try await settings.setValues(
            [(Self.key, trust.text)],
            AuditEvent(
                kind: "site.clock.confirmed", object: .site,
                text: "The clock is right: it says \(trust.known.rfc3339.prefix(10)), where "
                    + "\(former.rfc3339.prefix(10)) was expected"),
            by: actor)
        (self.trust, kept) = (trust, trust)
    }

    private func load() async throws(StoreError) {
        let text = try await settings.value(Self.key)
        // A site that is older than this knows when it last looked for old versions.
        let round = try await settings.value(RetentionKeeper.key)
        guard trust == nil else { return }
        trust =
            text.flatMap(ClockTrust.init(text:))
            ?? round.flatMap(Timestamp.init(rfc3339:)).map { ClockTrust(known: $0) }
            ?? ClockTrust(known: clock())
    }

    private func keep(_ trust: ClockTrust) async throws(StoreError) {
        if let kept, (kept.doubt == nil) == (trust.doubt == nil),
            kept.known <= trust.known, trust.known < kept.known + Self.step
        {
            return
        }
        try await settings.setValue(Self.key, to: trust.text)
        kept = trust
    }
}
