/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Structures of D-Bus as std::tuple, for the code that qdbusxml2cpp makes of virtbus's interface files. Register each
 * type that you use once, in the beginning: qDBusRegisterMetaType<std::tuple<int, int>>().
 */

#include <tuple>

#include <QByteArrayList>
#include <QDBusArgument>
#include <QMetaObject>
#include <QMetaType>

template <typename... T> QDBusArgument &operator<<(QDBusArgument &argument, const std::tuple<T...> &value)
{
        argument.beginStructure();
        std::apply([&argument](const T &...item) { (argument << ... << item); }, value);
        argument.endStructure();
        return argument;
}

template <typename... T> const QDBusArgument &operator>>(const QDBusArgument &argument, std::tuple<T...> &value)
{
        argument.beginStructure();
        std::apply([&argument](T &...item) { (argument >> ... >> item); }, value);
        argument.endStructure();
        return argument;
}

/* What Q_DECLARE_METATYPE() does for one type, for all tuples of types that Qt knows. */
template <typename... T> struct QMetaTypeId<std::tuple<T...>> {
        enum { Defined = (QMetaTypeId2<T>::Defined && ...) };

        static int qt_metatype_id()
        {
                static const int id = qRegisterNormalizedMetaType<std::tuple<T...>>(
                        QMetaObject::normalizedType("std::tuple<" + names().join(',') + ">"),
                        reinterpret_cast<std::tuple<T...> *>(quintptr(-1)));
                return id;
        }

private:
        static QByteArrayList names()
        {
                return { QMetaType::typeName(qMetaTypeId<T>())... };
        }
};
