// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]
let cSettings: [CSetting] = [
    .treatAllWarnings(as: .error), .enableWarning("all"), .enableWarning("extra"),
]

func system(_ name: String, _ pkgConfig: String, _ apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func swift(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

let package = Package(
    name: "lineside",
    targets: [
        system("CSQLite", "sqlite3", "libsqlite3-dev"),
        system("COpenSSL", "openssl", "libssl-dev"),
        system("CSystemd", "libsystemd", "libsystemd-dev"),
        system("CYAML", "yaml-0.1", "libyaml-dev"),
        system("CZstd", "libzstd", "libzstd-dev"),
        system("CCrypt", "libcrypt", "libcrypt-dev"),
        .target(name: "CArchive", cSettings: cSettings),
        .target(name: "CLinux", cSettings: cSettings),
        .target(name: "CAssets", cSettings: cSettings),

        swift("Basics", ["CSystemd", "CYAML"]),
        swift("SQLite", ["Basics", "CSQLite"]),
        swift("Crypto", ["Basics", "COpenSSL", "CCrypt"]),
        swift("Net", ["Basics", "Crypto", "CLinux"]),
        swift("HTTP", ["Basics", "Net"]),
        swift("MQTT", ["Basics", "Net"]),
        swift("Processes", ["Basics", "CLinux"]),
        swift("Domain", ["Basics"]),
        swift("Store", ["Basics", "Domain", "SQLite"]),
        swift(
            "Site",
            [
                "Basics", "Store", "Domain", "Processes", "Crypto", "HTTP", "Net", "MQTT",
                "CArchive", "CLinux", "CZstd", "CAssets",
            ]),
        swift("API", ["Basics", "Site", "Store", "Domain", "HTTP", "Net"]),
        swift(
            "LinesideTesting",
            ["Basics", "API", "Site", "Store", "Domain", "HTTP", "Net", "Crypto", "Processes"]),
        .executableTarget(
            name: "lineside",
            dependencies: [
                "Basics", "Domain", "Store", "Site", "API", "HTTP", "Net", "Crypto", "Processes",
            ],
            swiftSettings: settings),

        tests("BasicsTests", ["Basics"]),
        tests("SQLiteTests", ["Basics", "SQLite"]),
        tests("CryptoTests", ["Basics", "Crypto", "LinesideTesting"]),
        tests("NetTests", ["Net", "Crypto", "Basics", "LinesideTesting"]),
        tests(
            "HTTPTests", ["HTTP", "Net", "Crypto", "Basics", "LinesideTesting"],
            exclude: ["Corpus", "Differential"]),
        tests("MQTTTests", ["MQTT", "Net", "Crypto", "Basics", "LinesideTesting"]),
        tests("ProcessesTests", ["Basics", "Processes"]),
        tests("DomainTests", ["Basics", "Domain", "LinesideTesting"]),
        tests(
            "StoreTests", ["Basics", "Store", "Domain", "SQLite", "Crypto", "LinesideTesting"],
            exclude: ["migrations.sum"]),
        tests(
            "SiteTests",
            [
                "Basics", "Domain", "Store", "Site", "Crypto", "Processes", "HTTP", "Net",
                "MQTT", "LinesideTesting",
            ]),
        tests(
            "APITests",
            [
                "Basics", "Domain", "Store", "Site", "API", "HTTP", "Net", "Crypto",
                "LinesideTesting",
            ]),
        tests(
            "EndToEndTests",
            [
                "Basics", "Domain", "Site", "HTTP", "MQTT", "Net", "Crypto", "Processes",
                "LinesideTesting", "lineside",
            ]),
    ],
    cLanguageStandard: .gnu2x
)
