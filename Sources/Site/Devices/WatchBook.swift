import Domain

/// Of which devices somebody watches the log or the samples. Part of the fleet.
struct WatchBook {
    enum Subject: String, Sendable, CaseIterable { case log, resources }

    /// 15 s: a page that is loaded anew does not make the device stop and begin again.
    private static let lingering = Duration.seconds(15)
    /// Half of what `lineside agent` is asked for at a time.
    private static let renewal = Duration.seconds(30)

    private struct Watch {
        /// Set when the last listener has gone.
        var until: Duration?
    }

    private var watches: [Device.ID: [Subject: Watch]] = [:]
    private var renewedAt: [Device.ID: Duration] = [:]

    func subjects(of id: Device.ID) -> Set<Subject> { Set(watches[id]?.keys.map { $0 } ?? []) }

    /// - Returns: whether the device must be told.
    mutating func begin(_ subject: Subject, of id: Device.ID, _ now: Duration) -> Bool {
        let isNew = watches[id]?[subject] == nil
        watches[id, default: [:]][subject] = Watch()
        if isNew { renewedAt[id] = now }
        return isNew
    }

    mutating func end(_ subject: Subject, of id: Device.ID, _ now: Duration) {
        guard watches[id]?[subject] != nil else { return }
        watches[id]?[subject]?.until = now + Self.lingering
    }

    func ending(of id: Device.ID) -> Int { watches[id]?.values.count { $0.until != nil } ?? 0 }

    /// Those that nobody watches any more.
    mutating func ended(_ now: Duration) -> [(device: Device.ID, subject: Subject)] {
        var ended: [(device: Device.ID, subject: Subject)] = []
        for (id, subjects) in watches {
            for (subject, watch) in subjects {
                guard let until = watch.until, until <= now else { continue }
                ended.append((id, subject))
                watches[id]?[subject] = nil
            }
            if watches[id]?.isEmpty == true {
                watches[id] = nil
                renewedAt[id] = nil
            }
        }
        return ended
    }

    /// Those that must be told again that they are watched.
    mutating func due(_ now: Duration) -> [Device.ID] {
        let due = renewedAt.filter { now - $0.value >= Self.renewal }.map(\.key)
        for id in due { renewedAt[id] = now }
        return due
    }
}
