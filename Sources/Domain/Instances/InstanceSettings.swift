/// How one instance is run and who may open its pages.
package struct InstanceSettings: Sendable, Equatable {
    package struct PageBasic: Sendable, Equatable {
        package var name: String
        /// Text of `PasswordHash`.
        package var passwordHash: String
        package init(name: String, passwordHash: String) {
            self.name = name
            self.passwordHash = passwordHash
        }
    }
    package enum LogLevel: String, Sendable, CaseIterable {
        case fatal, error, warn, info, debug, trace
    }

    /// 64 MB: below it Node-RED does not come up. 65,536: what is left is a typing error.
    package static let memoryLimits = 64...65_536
    /// Per cent of one core.
    package static let cpuLimits = 5...6_400
    package static let keptVersions = 1...100_000
    package static let keptDays = 0...36_500
    /// 1 TB: what is beyond is a typing error.
    package static let filesQuotas = 1...1_048_576

    package var access: PageAccess
    package var pageBasic: PageBasic?
    package var memoryLimitMB: Int
    package var cpuLimitPercent: Int?
    /// A name of the IANA database; `nil`: that of the site.
    package var timeZone: TimeZoneName?
    package var paletteInstall: Bool
    package var paletteUpload: Bool
    package var logLevel: LogLevel
    /// Newest versions that are kept whatever their age; `nil`: as the site says.
    package var keepVersions: Int?
    /// Age up to which versions are kept; `nil`: as the site says.
    package var keepDays: Int?
    package var filesQuotaMB: Int
    /// Whether the files area belongs to each version.
    package var filesInVersions: Bool
    /// Whether the pages origin serves the files area.
    package var filesServed: Bool

    package init(
        access: PageAccess = .login, pageBasic: PageBasic? = nil, memoryLimitMB: Int = 512,
        cpuLimitPercent: Int? = nil, timeZone: TimeZoneName? = nil, paletteInstall: Bool = true,
        paletteUpload: Bool = true, logLevel: LogLevel = .info, keepVersions: Int? = nil,
        keepDays: Int? = nil, filesQuotaMB: Int = 1024, filesInVersions: Bool = false,
        filesServed: Bool = false
    ) {
        self.access = access
        self.pageBasic = pageBasic
        self.memoryLimitMB = memoryLimitMB
        self.cpuLimitPercent = cpuLimitPercent
        self.timeZone = timeZone
        self.paletteInstall = paletteInstall
        self.paletteUpload = paletteUpload
        self.logLevel = logLevel
        self.keepVersions = keepVersions
        self.keepDays = keepDays
        self.filesQuotaMB = filesQuotaMB
        self.filesInVersions = filesInVersions
        self.filesServed = filesServed
    }

    package func validated() throws(ValidationFault) -> InstanceSettings {
        guard Self.memoryLimits.contains(memoryLimitMB) else {
            throw ValidationFault("memoryLimitMB must be 64 to 65536")
        }
        guard cpuLimitPercent.map(Self.cpuLimits.contains) ?? true else {
            throw ValidationFault("cpuLimitPercent must be 5 to 6400")
        }
        guard keepVersions.map(Self.keptVersions.contains) ?? true else {
            throw ValidationFault("keepVersions must be 1 to 100000")
        }
        guard keepDays.map(Self.keptDays.contains) ?? true else {
            throw ValidationFault("keepDays must be 0 to 36500")
        }
        guard Self.filesQuotas.contains(filesQuotaMB) else {
            throw ValidationFault("filesQuotaMB must be 1 to 1048576")
        }
        guard access != .basic || pageBasic != nil else {
            throw ValidationFault("pageBasic must be set where access is basic")
        }
        return self
    }
}

/// Who may open the pages that an instance serves.
package enum PageAccess: String, Sendable, CaseIterable {
    case login, token, basic, open
}

/// `Europe/Berlin`: letters that a path below /usr/share/zoneinfo can have, nothing that climbs.
package struct TimeZoneName: Sendable, Hashable {
    package let text: String

    package init(validating text: String) throws(ValidationFault) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let valid = parts.allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy {
                    $0.isAlphanumeric || "+-_".utf8.contains($0)
                }
        }
        guard text.utf8.count <= 64, (1...3).contains(parts.count), valid else {
            throw ValidationFault("must be a time zone like Europe/Berlin")
        }
        self.text = text
    }

    package init(stored text: String) { self.text = text }

    package static let utc = TimeZoneName(stored: "UTC")
}
