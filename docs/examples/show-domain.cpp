/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * All that the daemon tells in structures about one domain, its host, networks and pools, in C++ with Qt: virtbus-qt.h
 * makes std::tuple of them, and the code that qdbusxml2cpp makes of virtbus's interface files has them as results.
 *
 *      show-domain-qt DRIVER NAME
 *
 * Prints a line for each member: its name, a tabulator, its value or the name of its error.
 */

#include <cstdio>

#include <QCoreApplication>
#include <QDBusConnection>
#include <QDBusMetaType>
#include <QDBusPendingReply>

#include "connect.h"
#include "domain.h"
#include "network.h"
#include "storagepool.h"

static const QString SERVICE = QStringLiteral("org.virtbus1");

/* Qt must know each type before it comes; of lists, what is in them first. */
template <typename... T> static void know() { (qDBusRegisterMetaType<T>(), ...); }

static void knowAll()
{
        using Address = std::tuple<int, QString, uint>;
        using Addresses = QList<Address>;

        know<std::tuple<int, int>, std::tuple<int, qulonglong, qulonglong>,
             std::tuple<int, qulonglong, qulonglong, qulonglong>,
             std::tuple<int, qulonglong, qulonglong, uint, qulonglong>, std::tuple<qulonglong, uint>,
             std::tuple<qulonglong, qulonglong, qulonglong>, std::tuple<uint, uint, qulonglong>,
             std::tuple<int, QVariantMap>, std::tuple<QString, QString>, std::tuple<QString, int>,
             std::tuple<QString, bool>>();
        know<std::tuple<int, qulonglong, qulonglong, qulonglong, qulonglong, qulonglong, qulonglong, qulonglong,
                        qulonglong, qulonglong, qulonglong, qulonglong>>();
        know<std::tuple<qlonglong, qlonglong, qlonglong, qlonglong, qlonglong, qlonglong, qlonglong, qlonglong>>();
        know<std::tuple<QString, qulonglong, uint, uint, uint, uint, uint, uint>>();
        know<QList<bool>, Address, Addresses, std::tuple<QString, QString, Addresses>,
             QList<std::tuple<QString, QString, Addresses>>>();
        know<QList<std::tuple<QString, int>>, QList<std::tuple<QString, bool>>,
             std::tuple<QString, QString, QString, QStringList>,
             QList<std::tuple<QString, QString, QString, QStringList>>, std::tuple<uint, QList<bool>>,
             QList<std::tuple<uint, QList<bool>>>>();
        know<std::tuple<uint, int, qulonglong, int, QList<bool>>,
             QList<std::tuple<uint, int, qulonglong, int, QList<bool>>>, QList<std::tuple<QString, QString>>,
             std::tuple<QString, QString, uint>, QList<std::tuple<QString, QString, uint>>>();
        know<std::tuple<QString, QVariantMap>, QList<std::tuple<QString, QVariantMap>>,
             std::tuple<QDBusObjectPath, QVariantMap>, QList<std::tuple<QDBusObjectPath, QVariantMap>>>();
        know<std::tuple<QString, qlonglong, int, QString, QString, QString, uint, QString, QString>,
             QList<std::tuple<QString, qlonglong, int, QString, QString, QString, uint, QString, QString>>>();
}

/* Values as text */

static QString text(const QString &value) { return value; }
static QString text(const QDBusObjectPath &value) { return value.path(); }
static QString text(bool value) { return value ? "yes" : "no"; }
template <typename T> static std::enable_if_t<std::is_arithmetic_v<T>, QString> text(T value)
{
        return QString::number(value);
}
static QString text(const QVariantMap &value) { return "{" + QStringList(value.keys()).join(" ") + "}"; }
template <typename T> static QString text(const QList<T> &value);
template <typename... T> static QString text(const std::tuple<T...> &value);

template <typename T> static QString text(const QList<T> &value)
{
        QStringList items;

        for (const T &item : value)
                items += text(item);
        return "[" + items.join(" ") + "]";
}

template <typename... T> static QString text(const std::tuple<T...> &value)
{
        return std::apply([](const T &...item) { return "(" + QStringList{text(item)...}.join(" ") + ")"; }, value);
}

static void print(const char *name, const QString &value) { std::printf("%s\t%s\n", name, qUtf8Printable(value)); }

template <typename... T> static void show(const char *name, QDBusPendingReply<T...> reply)
{
        reply.waitForFinished();
        print(name, reply.isError() ? reply.error().name() : text(reply.template argumentAt<0>()));
}

static void showDomain(const QString &path)
{
        OrgVirtbus1DomainInterface domain(SERVICE, path, QDBusConnection::systemBus());

        show("GetState", domain.GetState(0));
        show("GetInfo", domain.GetInfo());
        show("GetTime", domain.GetTime(0));
        show("GetControlInfo", domain.GetControlInfo(0));
        show("GetJobInfo", domain.GetJobInfo());
        show("GetJobStats", domain.GetJobStats(0));
        show("GetBlockInfo", domain.GetBlockInfo("vda", 0));
        show("GetBlockJobInfo", domain.GetBlockJobInfo("vda", 0));
        show("GetDiskErrors", domain.GetDiskErrors(0));
        show("GetFSInfo", domain.GetFSInfo(0));
        show("GetIOThreadInfo", domain.GetIOThreadInfo(0));
        show("GetVcpuInfo", domain.GetVcpuInfo(0));
        show("GetSecurityLabelList", domain.GetSecurityLabelList());
        show("InterfaceAddresses", domain.InterfaceAddresses(0, 0));
        show("InterfaceStats", domain.InterfaceStats("aa:bb:cc:dd:ee:ff"));
        print("SchedulerType", text(domain.schedulerType()));
        print("Consoles", text(domain.consoles()));
        print("Graphics", text(domain.graphics()));
}

static void showConnection(OrgVirtbus1ConnectInterface &connect)
{
        show("NodeGetInfo", connect.NodeGetInfo());
        show("NodeGetSecurityModel", connect.NodeGetSecurityModel());
        show("GetAllDomainStats", connect.GetAllDomainStats(1, 0));
        show("ListDomainsDetailed", connect.ListDomainsDetailed(QVariantMap()));
}

static void showOthers(OrgVirtbus1ConnectInterface &connect)
{
        QDBusPendingReply<QDBusObjectPath> network = connect.NetworkLookupByName("default");
        QDBusPendingReply<QDBusObjectPath> pool = connect.StoragePoolLookupByName("default-pool");

        show("GetDHCPLeases", OrgVirtbus1NetworkInterface(SERVICE, network.value().path(), QDBusConnection::systemBus())
                                      .GetDHCPLeases("", 0));
        show("StoragePool.GetInfo",
             OrgVirtbus1StoragePoolInterface(SERVICE, pool.value().path(), QDBusConnection::systemBus()).GetInfo());
}

int main(int argc, char **argv)
{
        QCoreApplication application(argc, argv);

        if (argc != 3) {
                std::fprintf(stderr, "usage: show-domain-qt DRIVER NAME\n");
                return EXIT_FAILURE;
        }
        knowAll();
        OrgVirtbus1ConnectInterface connect(SERVICE, "/org/virtbus1/" + QString(argv[1]), QDBusConnection::systemBus());
        QDBusPendingReply<QDBusObjectPath> domain = connect.DomainLookupByName(argv[2]);
        domain.waitForFinished();
        if (domain.isError()) {
                std::fprintf(stderr, "%s: %s\n", argv[2], qUtf8Printable(domain.error().message()));
                return EXIT_FAILURE;
        }
        showDomain(domain.value().path());
        showConnection(connect);
        showOthers(connect);
        return EXIT_SUCCESS;
}
