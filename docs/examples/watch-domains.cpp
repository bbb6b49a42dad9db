/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A client in C++ with Qt and the code that qdbusxml2cpp makes of virtbus's interface files:
 *
 *      qdbusxml2cpp -i virtbus-qt.h -p domain /usr/share/dbus-1/interfaces/org.virtbus1.Domain.xml
 *
 *      watch-domains-qt DRIVER [NAME]
 *
 * Prints the state of each domain and every change of it; suspends the domain NAME, if given. It asks the daemon once,
 * in the beginning, and then follows the signals of the daemon's ObjectManager.
 */

#include <csignal>
#include <cstdio>

#include <QCoreApplication>
#include <QDBusConnection>
#include <QDBusInterface>
#include <QDBusMessage>
#include <QDBusMetaType>
#include <QDBusReply>

#include "domain.h"

static const QString SERVICE = QStringLiteral("org.virtbus1");
static const QString DOMAIN_INTERFACE = QStringLiteral("org.virtbus1.Domain");
static const QString OBJECT_MANAGER = QStringLiteral("org.freedesktop.DBus.ObjectManager");

using Interfaces = QMap<QString, QVariantMap>;
using Objects = QMap<QDBusObjectPath, Interfaces>;

class Watcher : public QObject {
        Q_OBJECT

public:
        bool watch(const QString &root);
        bool suspend(const QString &name);

private Q_SLOTS:
        void onAdded(const QDBusObjectPath &path, const Interfaces &interfaces);
        void onRemoved(const QDBusObjectPath &path, const QStringList &interfaces);
        void onChanged(const QString &interface, const QVariantMap &changed, const QStringList &invalidated,
                       const QDBusMessage &message);

private:
        void print(const QString &path, const QString &state) const;

        QMap<QString, QString> names; /* of the domains, by path */
};

void Watcher::print(const QString &path, const QString &state) const
{
        std::printf("%s\t%s\n", qUtf8Printable(names[path]), qUtf8Printable(state));
}

void Watcher::onAdded(const QDBusObjectPath &path, const Interfaces &interfaces)
{
        /* jobs and the other kinds of objects have no such interface */
        if (!interfaces.contains(DOMAIN_INTERFACE))
                return;
        names[path.path()] = interfaces[DOMAIN_INTERFACE]["Name"].toString();
        print(path.path(), interfaces[DOMAIN_INTERFACE]["State"].toString());
}

void Watcher::onRemoved(const QDBusObjectPath &path, const QStringList &interfaces)
{
        if (!interfaces.contains(DOMAIN_INTERFACE))
                return;
        print(path.path(), "gone");
        names.remove(path.path());
}

void Watcher::onChanged(const QString &interface, const QVariantMap &changed, const QStringList &invalidated,
                        const QDBusMessage &message)
{
        Q_UNUSED(invalidated);
        if (interface == DOMAIN_INTERFACE && changed.contains("State") && names.contains(message.path()))
                print(message.path(), changed["State"].toString());
}

bool Watcher::watch(const QString &root)
{
        QDBusConnection bus = QDBusConnection::systemBus();
        QDBusInterface manager(SERVICE, root, OBJECT_MANAGER, bus);

        /* the signals first, so that nothing is missed between the answer and them */
        bus.connect(SERVICE, root, OBJECT_MANAGER, "InterfacesAdded", this, SLOT(onAdded(QDBusObjectPath, Interfaces)));
        bus.connect(SERVICE, root, OBJECT_MANAGER, "InterfacesRemoved", this,
                    SLOT(onRemoved(QDBusObjectPath, QStringList)));
        bus.connect(SERVICE, QString(), "org.freedesktop.DBus.Properties", "PropertiesChanged", this,
                    SLOT(onChanged(QString, QVariantMap, QStringList, QDBusMessage)));

        QDBusReply<Objects> objects = manager.call("GetManagedObjects");
        if (!objects.isValid()) {
                std::fprintf(stderr, "%s: %s\n", qUtf8Printable(root), qUtf8Printable(objects.error().message()));
                return false;
        }
        for (auto object = objects.value().cbegin(); object != objects.value().cend(); ++object)
                onAdded(object.key(), object.value());
        return true;
}

bool Watcher::suspend(const QString &name)
{
        OrgVirtbus1DomainInterface domain(SERVICE, names.key(name), QDBusConnection::systemBus());
        QDBusPendingReply<> reply = domain.Suspend();

        reply.waitForFinished();
        if (reply.isError())
                std::fprintf(stderr, "cannot suspend %s: %s (%s)\n", qUtf8Printable(name),
                             qUtf8Printable(reply.error().message()), qUtf8Printable(reply.error().name()));
        return !reply.isError();
}

int main(int argc, char **argv)
{
        QCoreApplication application(argc, argv);
        Watcher watcher;

        if (argc < 2 || argc > 3) {
                std::fprintf(stderr, "usage: watch-domains-qt DRIVER [NAME]\n");
                return EXIT_FAILURE;
        }
        std::setvbuf(stdout, nullptr, _IOLBF, 0);
        std::signal(SIGTERM, [](int) { std::_Exit(EXIT_SUCCESS); });
        qRegisterMetaType<Interfaces>("Interfaces");
        qDBusRegisterMetaType<Interfaces>();
        qDBusRegisterMetaType<Objects>();
        if (!watcher.watch("/org/virtbus1/" + QString(argv[1])))
                return EXIT_FAILURE;
        if (argc == 3)
                watcher.suspend(argv[2]);
        return application.exec();
}

#include "watch-domains.moc"
