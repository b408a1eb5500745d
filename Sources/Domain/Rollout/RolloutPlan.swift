package import Basics

/// How a snapshot goes to many devices: a few first, then shares of all, each step only when the
/// one before has gone well.
package struct RolloutPlan: Sendable, Equatable {
    package static let mostSteps = 20

    /// Devices that get it before all others; 0: none.
    package var canary: Int
    /// Shares of all devices, rising; the last is 100.
    package var percent: [Int]
    /// How many of a step must run it before the next begins, by step; the last counts for the
    /// rest. Per cent.
    package var successPercent: [Int]
    /// As many failures in one step stop the deployment; in the canary one does.
    package var errorsAbsolute: Int?
    /// As large a share of failures in one step stops the deployment, one failure at least.
    package var errorPercent: Int
    /// How long enough of a step must have run it before the next begins.
    package var soakSeconds: Int
    /// A device that is away longer is counted no more; it gets the snapshot when it returns.
    package var offlineGraceSeconds: Int
    /// A connected device that makes no progress for so long has failed.
    package var silenceSeconds: Int
    /// Whose target the snapshot becomes when all have it.
    package var groupIDs: [DeviceGroup.ID]

    package init(
        canary: Int = 1, percent: [Int] = [10, 100], successPercent: [Int] = [100, 95],
        errorsAbsolute: Int? = nil, errorPercent: Int = 5, soakSeconds: Int = 600,
        offlineGraceSeconds: Int = 300, silenceSeconds: Int = 1800,
        groupIDs: [DeviceGroup.ID] = []
    ) {
        self.canary = canary
        self.percent = percent
        self.successPercent = successPercent
        self.errorsAbsolute = errorsAbsolute
        self.errorPercent = errorPercent
        self.soakSeconds = soakSeconds
        self.offlineGraceSeconds = offlineGraceSeconds
        self.silenceSeconds = silenceSeconds
        self.groupIDs = groupIDs
    }

    package func validated() throws(ValidationFault) -> RolloutPlan {
        guard (0...1000).contains(canary) else {
            throw ValidationFault("must have a canary of 0 to 1000 devices")
        }
        let rises = zip(percent, percent.dropFirst()).allSatisfy { $0 < $1 }
        guard percent.count <= Self.mostSteps, percent.last == 100,
            percent.allSatisfy((1...100).contains), rises
        else { throw ValidationFault("must have shares that rise up to 100 per cent") }
        guard !successPercent.isEmpty, successPercent.count <= Self.mostSteps + 1,
            successPercent.allSatisfy((1...100).contains)
        else { throw ValidationFault("must ask for 1 to 100 per cent of each step") }
        guard errorsAbsolute.map((1...100_000).contains) ?? true, (0...100).contains(errorPercent)
        else { throw ValidationFault("must stop at 1 to 100000 failures and 0 to 100 per cent") }
        // A week: longer than any line is watched for one change.
        guard (0...604_800).contains(soakSeconds) else {
            throw ValidationFault("must watch each step for 0 to 604800 seconds")
        }
        guard (0...604_800).contains(offlineGraceSeconds), (10...604_800).contains(silenceSeconds)
        else { throw ValidationFault("must wait for devices for at most a week") }
        return self
    }

    /// Sizes of the steps for that many devices; no step is empty.
    package func steps(of count: Int) -> [Int] {
        var sizes: [Int] = []
        var done = min(canary, count)
        if done > 0 { sizes.append(done) }
        for share in percent {
            // Rounded up: a tenth of three devices is one.
            let end = max(done, (count * share + 99) / 100)
            if end > done { sizes.append(end - done) }
            done = end
        }
        return sizes
    }

    /// - Parameter step: from 0 on.
    package func success(of step: Int) -> Int {
        step < successPercent.count ? successPercent[step] : successPercent.last ?? 100
    }

    package func isCanary(_ step: Int) -> Bool { step == 0 && canary > 0 }
}

extension RolloutPlan: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("canary", canary)
            json.array("percent") { json in for share in percent { json.value(share) } }
            json.array("successPercent") { json in
                for share in successPercent { json.value(share) }
            }
            json.field("errorsAbsolute", errorsAbsolute)
            json.field("errorPercent", errorPercent)
            json.field("soakSeconds", soakSeconds)
            json.field("offlineGraceSeconds", offlineGraceSeconds)
            json.field("silenceSeconds", silenceSeconds)
            json.field("groupIds", groupIDs.map(\.text))
        }
    }

    /// What is left out is as by default.
    package init(json: JSONObject) throws(JSONFieldError) {
        self.init()
        func numbers(_ name: String) throws(JSONFieldError) -> [Int]? {
            guard let list = try json.optionalArray(name) else { return nil }
            let found = list.compactMap { $0.int.flatMap { Int(exactly: $0) } }
            guard found.count == list.count, found.count <= Self.mostSteps + 1 else {
                throw JSONFieldError(field: name, reason: "must be a short list of whole numbers")
            }
            return found
        }
        func number(_ name: String, _ field: inout Int) throws(JSONFieldError) {
            if let value = try json.optionalInt(name) { field = Int(clamping: value) }
        }
        try number("canary", &canary)
        percent = try numbers("percent") ?? percent
        successPercent = try numbers("successPercent") ?? successPercent
        errorsAbsolute = try json.optionalInt("errorsAbsolute").map { Int(clamping: $0) }
        try number("errorPercent", &errorPercent)
        try number("soakSeconds", &soakSeconds)
        try number("offlineGraceSeconds", &offlineGraceSeconds)
        try number("silenceSeconds", &silenceSeconds)
        groupIDs = (try json.optionalArray("groupIds") ?? [])
            .compactMap { $0.string.flatMap(DeviceGroup.ID.init) }
    }
}
